// What the ring is made of in each style: which lines, petals and bars stand where in this frame.
import {COLUMNS} from './ink.js';

/** @typedef {import('./motion.js').Motion} Motion */
/** @typedef {import('./lines.js').Lines} Lines */
/** @typedef {import('./profile.js').Profile} Profile */
/** @typedef {import('../../sound/sound.js').FrameSound} FrameSound */
/**
 * @typedef {object} RingFrame
 * @property {FrameSound} sound
 * @property {Motion} motion
 * @property {Profile} profile
 * @property {Float32Array} levels rows of COLUMNS
 * @property {Lines} lines
 * @property {Lines} circles
 * @property {Lines} fills
 * @property {any} params
 * @property {number} radius of the ring
 * @property {number} reach
 * @property {number} turn
 * @property {number} pixel pixels in 1/1080 of the smaller side
 */

/** Where the echo of a ring of bars is laid. */
export const ECHO_ROW = 13;

const wave = new Float32Array(COLUMNS / 2 + 1);

/**
 * @param {RingFrame} f
 * @param {number} row
 * @param {number} delay seconds ago
 * @param {number} blur
 * @param {number} [from]
 * @param {number} [to]
 */
export function spectrumRow({profile, levels, sound, params}, row, delay, blur, from, to) {
  profile.at(sound.t1 - delay, blur, from, to).lay(levels, row * COLUMNS, COLUMNS, params.symmetry, params.mirror);
}

/**
 * The waveform, mirrored so that it closes, riding on the spectrum.
 * @param {RingFrame} f
 * @param {number} row
 * @param {number} delay
 */
function waveRow(f, row, delay) {
  const {sound, levels, params} = f;
  spectrumRow(f, row, delay, 5);
  const half = wave.length - 1;
  sound.track.waveform(sound.t1 - delay, .034, wave);
  for (let pass = 0; pass < 8; pass++) round(wave);
  for (let i = 0; i < COLUMNS; i++) {
    const v = (i / COLUMNS * params.symmetry) % 1;
    const x = (1 - Math.abs(2 * v - 1)) * half;
    const k = Math.min(half - 1, Math.floor(x));
    const y = bounded(wave[k] + (wave[k + 1] - wave[k]) * (x - k));
    levels[row * COLUMNS + i] = levels[row * COLUMNS + i] * .26 + y * .74 * Math.sin(Math.PI * x / half) ** .5;
  }
}

/**
 * Take the hiss out of a curve: a thick line cannot follow it.
 * @param {Float32Array} curve
 */
function round(curve) {
  let before = curve[0];
  for (let i = 1; i < curve.length - 1; i++) {
    const here = curve[i];
    curve[i] = .25 * before + .5 * here + .25 * curve[i + 1];
    before = here;
  }
}

/** Loud passages lean against a soft wall instead of leaving the ring. @param {number} y */
function bounded(y) {
  return y / (1 + .6 * Math.abs(y));
}

/**
 * One petal a repeat, as long as its part of the spectrum is loud; the spectrum only ripples its edge.
 * @param {RingFrame} f
 * @param {number} row
 * @param {number} from
 * @param {number} to
 */
function petalRow({profile, levels, sound, params}, row, from, to) {
  profile.at(sound.t1, 9, from, to);
  const length = .5 * profile.height(.2) + .5 * profile.height(.6);
  for (let i = 0; i < COLUMNS; i++) {
    const v = (i / COLUMNS * params.symmetry) % 1;
    const edge = 1 - Math.abs(2 * v - 1);
    const lobe = Math.sin(Math.PI / 2 * edge) ** 1.25;
    levels[row * COLUMNS + i] = lobe * (.3 + .5 * length + .3 * profile.height(edge));
  }
}

/** @type {Record<string, (f: RingFrame) => void>} */
export const STYLES = {
  bars() {},
  dots() {},
  rays(f) {
    f.circles.add({radius: f.radius - .006, reach: 0, row: 0, width: 1.1 * f.pixel, alpha: .85, turn: f.turn, heat: .35});
  },
  waveform(f) {
    const {motion, pixel, radius, reach, params, turn, lines} = f;
    for (const [i, delay] of [.09, .045, 0].entries()) {
      waveRow(f, 1 + i, delay);
      const width = (1 + params.thickness * (1.6 + 3 * motion.loud + 3 * motion.kick)) * pixel;
      const first = i === 2;
      lines.add({
        radius: radius + reach * .28, reach: reach * (.95 + .08 * (2 - i)), row: 1 + i, turn, heat: first ? .22 : 0,
        width: first ? width : width * .5, swell: first ? 5 * params.thickness * pixel : 0, alpha: [.16, .34, 1][i],
      });
    }
  },
  petals(f) {
    const {motion, pixel, radius, reach, params, turn, lines, fills} = f;
    for (const [i, [from, to]] of [[.45, .95], [.15, .55], [0, .25]].entries()) {
      petalRow(f, 1 + i, from, to);
      const at = {
        radius: radius * .98, reach: reach * [1.15, .98, .74][i], row: 1 + i,
        turn: turn * [1, -.6, .4][i] + i * Math.PI / params.symmetry, tone: [.9, .45, .05][i], span: .12,
      };
      fills.add({...at, width: 0, alpha: .34 + .12 * motion.snare});
      lines.add({...at, width: (.5 + params.thickness) * pixel, alpha: .9, heat: .12 + .2 * motion.hat});
    }
  },
  rings(f) {
    const {pixel, radius, reach, params, turn, lines, motion} = f;
    const count = 12;
    for (let i = count - 1; i >= 0; i--) {
      const part = i / (count - 1);
      spectrumRow(f, 1 + i, i * params.echoDelay * .4, 10);
      lines.add({
        radius: radius + reach * .86 * part ** 1.15, reach: reach * (.38 - .12 * part), row: 1 + i, turn: turn * (1 - .4 * part),
        width: (.4 + params.thickness * (1.5 - 1.2 * part) + .5 * motion.kick * (1 - part)) * pixel,
        alpha: (1 - part) ** 1.25 * .92 + .06, tone: part * .55, span: .45, heat: .3 * (1 - part),
      });
    }
  },
};

/**
 * The second, fainter ring: what sounded a moment ago.
 * @param {RingFrame} f
 */
export function addEcho(f) {
  const {params, radius, reach, circles, turn, pixel, motion} = f;
  if (params.style === 'rings') return;
  for (const [i, far] of [1, 1.22].entries()) {
    spectrumRow(f, ECHO_ROW + i, params.echoDelay * (1 + i), 8);
    circles.add({
      radius: radius + reach * (far - .1), reach: reach * .34, row: ECHO_ROW + i, turn: -turn * .5, tone: .3, span: .5,
      width: (1 - .35 * i) * pixel, alpha: params.echo * [.5, .22][i] * (.45 + .55 * motion.lift),
    });
  }
}

/**
 * @param {RingFrame} f
 * @param {{age: number, strength: number}[]} shocks
 */
export function addShocks({circles, params, radius, reach, pixel, motion}, shocks) {
  for (const {age, strength} of shocks) {
    const out = 1 - (1 - age) ** 2.2;
    const fade = (1 - age) ** 2 * strength * params.shock * (.35 + .65 * motion.lift);
    const at = {radius: radius + reach * .12 + (1.55 - radius) * out, reach: 0, row: 0, tone: .15 + .6 * age, span: .25};
    if (age < .4) circles.add({...at, width: (9 + 16 * age) * pixel, soft: 1, alpha: .26 * fade});
    circles.add({...at, width: (1.5 - .9 * age) * pixel, alpha: .75 * fade, heat: .2});
  }
}
