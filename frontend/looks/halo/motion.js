// What this frame's sound does to the halo: every number that moves, as a function of the track alone.

/** @typedef {import('../../sound/sound.js').FrameSound} FrameSound */

const SHOCK_LIFE_S = 1.5;
const MOST_SHOCKS = 5;

/**
 * @typedef {object} Motion
 * @property {number} kick
 * @property {number} snare
 * @property {number} hat
 * @property {number} onset
 * @property {number} bass
 * @property {number} voice
 * @property {number} loud
 * @property {number} lift 0 quiet intro .. 1 strongest moment, slow
 * @property {number} scale of the whole figure
 * @property {number} tone shift along the colour ramp by section
 * @property {number} breath slow, -1..1
 */

/**
 * @param {FrameSound} sound
 * @param {number} strength of the answer to hits, 0..2
 * @returns {Motion}
 */
export function motionAt(sound, strength) {
  const {t} = sound;
  const kick = strength * sound.pulse('kick', .18) ** 1.5;
  const loud = sound.loudness;
  const lift = liftAt(sound);
  const breath = Math.sin(t * .9) * .6 + Math.sin(t * .37 + 1) * .4;
  return {
    kick, loud, lift, breath,
    snare: strength * sound.pulse('snare', .15) ** 1.4,
    hat: strength * sound.pulse('hat', .08),
    onset: strength * sound.pulse('onset', .11) ** 1.6,
    bass: sound.bass,
    voice: sound.mid,
    scale: .955 + .045 * lift + .05 * kick + .006 * breath,
    tone: toneAt(sound),
  };
}

/** The drop must be the strongest moment: what comes before it holds back. @param {FrameSound} sound */
function liftAt(sound) {
  const {from, to, mix} = sound.sectionBlend(.8);
  const energy = from.energy + (to.energy - from.energy) * mix;
  return Math.min(1, .65 * sound.intensity ** 1.3 + .35 * energy);
}

/** Each section takes another stretch of the ramp. @param {FrameSound} sound */
function toneAt(sound) {
  const {from, to, mix} = sound.sectionBlend(1.6);
  const place = (/** @type {number} */ index) => [0, .2, -.16, .1, -.08][index % 5];
  return place(from.index) + (place(to.index) - place(from.index)) * mix;
}

/**
 * A section that is stronger than the one before it arrives with a ring of its own, slower and brighter than the beat's.
 * @param {FrameSound} sound
 * @returns {{age: number, strength: number}[]}
 */
function arrival(sound) {
  const {from, to} = sound.sectionBlend(1);
  const age = (sound.t - to.startS) / (SHOCK_LIFE_S * 1.6);
  const rise = to.energy - from.energy;
  return rise > .08 && age < 1 ? [{age: Math.max(0, age), strength: 1 + 2 * rise}] : [];
}

/**
 * Shock rings on their way out, youngest last: age 0..1 and strength.
 * @param {FrameSound} sound
 * @returns {{age: number, strength: number}[]}
 */
export function shocksAt(sound) {
  const {t, t1, track} = sound;
  const beats = track.beats.length > 3;
  const events = track.eventsBetween(beats ? 'beat' : 'kick', t - SHOCK_LIFE_S, t1);
  const rings = events.slice(-MOST_SHOCKS).map(({timeS, strength}) => {
    // A beat on which nothing sounds sends no ring.
    const heard = track.value('loudness', timeS + .05);
    const weight = beats ? .35 + .65 * track.value('bass', timeS + .03) : strength;
    return {age: Math.max(0, t - timeS) / SHOCK_LIFE_S, strength: weight * Math.min(1, heard * 2.5)};
  });
  return [...arrival(sound), ...rings];
}
