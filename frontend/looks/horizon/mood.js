// What a moment of the song feels like: the slow things that the sky and the land follow.

/** @typedef {import('../../sound/sound.js').FrameSound} FrameSound */

/**
 * @typedef {object} Mood
 * @property {number} energy 0..1, slow
 * @property {number} drop 0 before, 1 in the drop
 * @property {number} burst the moment of the drop itself, falls over two seconds
 * @property {number} turn how far the hue has turned with the sections, -1..1
 * @property {number} bank -1..1, slow balance
 * @property {number} progress 0..1 over the song
 */

const WINDOW_S = 3;
const WINDOW_SAMPLES = 12;
const TURNS = [0, .55, -.35, .9, .2, -.7];
const FADE_S = 3;

/**
 * @param {FrameSound} sound
 * @returns {Mood}
 */
export function moodAt(sound) {
  const {t, track} = sound;
  const {from, to, mix} = sound.sectionBlend(FADE_S);
  const turn = turnOf(from.index) + (turnOf(to.index) - turnOf(from.index)) * mix;
  return {
    energy: average(sound, 'intensity'),
    drop: dropAt(sound),
    burst: track.dropS > 0 && t >= track.dropS ? Math.exp((track.dropS - t) / .7) : 0,
    turn,
    bank: average(sound, 'balance'),
    progress: Math.min(1, Math.max(0, t / track.durationS)),
  };
}

/** @param {number} index of a section */
function turnOf(index) {
  return TURNS[index % TURNS.length];
}

/**
 * A curve around the moment, heavier in the middle.
 * @param {FrameSound} sound
 * @param {import('../../sound/track.js').CurveName} name
 */
function average({track, t}, name) {
  let sum = 0;
  let weights = 0;
  for (let i = 0; i < WINDOW_SAMPLES; i++) {
    const part = (i + .5) / WINDOW_SAMPLES;
    const weight = Math.sin(part * Math.PI);
    sum += weight * track.value(name, t + (part - .6) * WINDOW_S);
    weights += weight;
  }
  return sum / weights;
}

/**
 * Up within a few frames, held while the section lasts, down as the next one begins. A song of one section has no drop
 * to hold back for.
 * @param {FrameSound} sound
 */
function dropAt({track, t, t1}) {
  if (!(track.dropS > 0)) return 0;
  const home = track.sectionAt(track.dropS + .05);
  const rise = ease((t1 - track.dropS) / .22);
  return rise * (1 - ease((t - home.endS) / 2.5));
}

/** @param {number} x */
export function ease(x) {
  const v = Math.min(1, Math.max(0, x));
  return v * v * (3 - 2 * v);
}
