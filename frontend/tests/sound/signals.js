// Test signals, made here so that the truth is known to the sample: clicks, drums, tones, a small song.
import {vi} from 'vitest';

// Analysing minutes of sound takes a second on a free core, and many times that on a busy machine.
vi.setConfig({testTimeout: 120_000});

export const RATE = 48_000;

/** Seeded numbers 0..1 (mulberry32). @param {number} seed */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two channels of silence. @param {number} seconds */
export function stage(seconds) {
  const samples = Math.round(seconds * RATE);
  return {left: new Float64Array(samples), right: new Float64Array(samples)};
}

/** @typedef {ReturnType<typeof stage>} Stage */

/**
 * Add a mono sound at a moment.
 * @param {Stage} on
 * @param {Float64Array} sound
 * @param {number} atS
 * @param {number} [gain]
 * @param {number} [side] -1 left .. 1 right
 */
export function place(on, sound, atS, gain = 1, side = 0) {
  const start = Math.round(atS * RATE);
  for (let i = Math.max(0, -start); i < sound.length && start + i < on.left.length; i++) {
    on.left[start + i] += sound[i] * gain * Math.min(1, 1 - side);
    on.right[start + i] += sound[i] * gain * Math.min(1, 1 + side);
  }
}

/**
 * Interleaved 16-bit PCM.
 * @param {Stage} from
 * @param {number} [gain]
 * @param {number} [offset] DC
 */
export function pcmOf({left, right}, gain = 1, offset = 0) {
  const pcm = new Int16Array(2 * left.length);
  const step = (/** @type {number} */ x) => Math.max(-32768, Math.min(32767, Math.round((x * gain + offset) * 32767)));
  for (let i = 0; i < left.length; i++) {
    pcm[2 * i] = step(left[i]);
    pcm[2 * i + 1] = step(right[i]);
  }
  return pcm;
}

/** @param {number} seconds @param {(t: number) => number} shape */
export function sound(seconds, shape) {
  return Float64Array.from({length: Math.round(seconds * RATE)}, (_, i) => shape(i / RATE));
}

/** A click of 2 ms of decaying noise. @param {() => number} random */
export function click(random) {
  return sound(0.002, (t) => (2 * random() - 1) * Math.exp(-t / 0.0006));
}

/** A falling sine with a short click. */
export function kick() {
  let phase = 0;
  return sound(0.3, (t) => {
    phase += (2 * Math.PI * (48 + 160 * Math.exp(-t / 0.025))) / RATE;
    return Math.sin(phase) * Math.exp(-t / 0.12) * Math.min(1, t / 0.001, (0.3 - t) / 0.03);
  });
}

/** Broad noise over a short tone. @param {() => number} random */
export function snare(random) {
  return sound(0.2, (t) => (0.7 * (2 * random() - 1) + 0.4 * Math.sin(2 * Math.PI * 190 * t)) * Math.exp(-t / 0.06));
}

/** Noise without its lows (twice differenced). @param {() => number} random @param {number} decayS */
export function hat(random, decayS) {
  let one = 0;
  let two = 0;
  return sound(6 * decayS, (t) => {
    const x = 2 * random() - 1;
    const y = x - 2 * one + two;
    two = one;
    one = x;
    return 0.25 * y * Math.exp(-t / decayS);
  });
}

/** A note of twelve partials, as long as it is held. @param {number} hz @param {number} seconds */
export function note(hz, seconds) {
  return sound(seconds, (t) => {
    let sum = 0;
    for (let partial = 1; partial <= 12; partial++) sum += Math.sin(2 * Math.PI * hz * partial * t) / partial;
    return 0.3 * sum * Math.min(1, t / 0.01) * Math.min(1, (seconds - t) / 0.02);
  });
}

/**
 * A song at a tempo: intro (pad), build (kick and hats), drop (all), break (pad), drop; eight bars each.
 * @param {number} bpm
 */
export function song(bpm) {
  const random = seeded(5);
  const beat = 60 / bpm;
  const bar = 4 * beat;
  const parts = ['intro', 'build', 'drop', 'break', 'drop'];
  const on = stage(parts.length * 8 * bar + 0.5);
  const strokes = {kick: kick(), snare: snare(random), hat: hat(random, 0.02)};
  const roots = [110, 98, 130.81, 87.31];
  /** @type {Map<number, Float64Array>} */
  const notes = new Map();
  const held = (/** @type {number} */ hz) => notes.get(hz) ?? notes.set(hz, note(hz, bar)).get(hz) ?? stage(0).left;
  /** @type {{beats: number[], kicks: number[], snares: number[], hats: number[]}} */
  const truth = {beats: [], kicks: [], snares: [], hats: []};
  for (let i = 0; i < parts.length * 8; i++) {
    const part = parts[Math.floor(i / 8)];
    const start = i * bar;
    const loud = part === 'drop' ? 0.3 : 0.12;
    for (const ratio of [2, 2.5, 3]) place(on, held(roots[i % 4] * ratio), start, loud / 2, ratio - 2.5);
    if (part === 'drop') place(on, held(roots[i % 4] / 2), start, 0.35);
    for (let b = 0; b < 4; b++) {
      const at = start + b * beat;
      truth.beats.push(at);
      if (part === 'build' || part === 'drop') strike(on, strokes.kick, at, 0.8, truth.kicks);
      if (part === 'drop' && b % 2 === 1) strike(on, strokes.snare, at, 0.7, truth.snares);
      if (part === 'build' || part === 'drop') strike(on, strokes.hat, at + beat / 2, 0.4, truth.hats);
    }
  }
  return {on, truth, barS: bar, sections: parts.map((label, i) => ({label, startS: i * 8 * bar}))};
}

/**
 * @param {Stage} on
 * @param {Float64Array} stroke
 * @param {number} at
 * @param {number} gain
 * @param {number[]} truth
 */
function strike(on, stroke, at, gain, truth) {
  place(on, stroke, at, gain);
  truth.push(at);
}
