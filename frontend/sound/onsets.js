// Onsets: peaks of the flux in three ranges, gathered into moments and timed to the millisecond.
import {refineAttack} from './attack.js';
import {measureStrokes} from './drums.js';
import {KICK} from './events.js';
import {FRAME_SAMPLES, HIGH, LOW, MID, levelTables, novelty} from './flux.js';
import {percentile} from './percentile.js';

/** @typedef {{sample: number, kinds: number, strength: number, low: number, mid: number, high: number}} FoundOnset */
/** @typedef {{frame: number, height: number}} Peak */
/** @typedef {{name: 'low'|'mid'|'high', flux: Float32Array, top: number, peaks: Peak[]}} Voice */
/** One moment with the largest flux of each range around it, as a share of the usual peak. */
/** @typedef {{frame: number, low: number, mid: number, high: number}} Moment */

/** Frames before that flux is measured against, nearest and farthest: from the width of the 512 window to 25 ms. */
const BACK = /** @type {const} */ ([2, 5]);
/** The low range is seen through a window four times as long. */
const LOW_BACK = /** @type {const} */ ([4, 6]);
/**
 * Least rise that counts at all, in the compressed scale (0.7 is a doubling of amplitude). The few bins of the low
 * range rise and fall by themselves in any noise.
 */
const LEAST_RISE = {low: 0.6, mid: 0.35, high: 0.35};
/** Least rise as a share of the song's usual peak. */
const LEAST_SHARE = 0.16;
/** A peak stands out from the mean flux around it by this factor. */
const STANDS_OUT = 1.7;
/** What rises by less than this share of the song's larger strokes is texture. */
const LEAST_STRENGTH = 0.1;
/** A song that stops in the middle of a sound ends with a click (15 ms) that is not in it. */
const CUT_SAMPLES = 720;
/** Peaks of the short windows within this many frames (30 ms) are one moment. */
const TOGETHER = 6;
/** The long window of the low range may see its peak as much as this before and after the others (50 ms). */
const LOW_TOGETHER = 10;

/**
 * All onsets in order of time (strengths 0..1), and the curve that the beat is looked for in.
 * @param {Uint8Array} codes flux codes, 5 ms a frame
 * @param {Uint16Array} sharp attack codes, see attack.js
 * @param {Uint16Array} body
 * @param {number} samples length of the song
 */
export function findOnsets(codes, sharp, body, samples) {
  const tables = levelTables(codes);
  const low = voice('low', novelty(codes, tables, LOW, ...LOW_BACK), 12);
  const mid = voice('mid', novelty(codes, tables, MID, ...BACK), 6);
  const high = voice('high', novelty(codes, tables, HIGH, ...BACK), 6);
  const found = moments(low, mid, high);
  const strokes = measureStrokes(found, codes, tables);
  const onsets = found.map(({frame}, i) => ({
    sample: refineAttack(sharp, body, frame * FRAME_SAMPLES, (strokes[i].kinds & KICK) !== 0),
    ...strokes[i],
  })).filter(({strength, sample}) => strength >= LEAST_STRENGTH && sample < samples - CUT_SAMPLES);
  return {onsets: inOrder(onsets), pulseCurve: pulseCurve([low, mid, high])};
}

/**
 * @param {'low'|'mid'|'high'} name
 * @param {Float32Array} flux
 * @param {number} gap least distance of two peaks in frames
 * @returns {Voice}
 */
function voice(name, flux, gap) {
  const candidates = localPeaks(flux, gap, LEAST_RISE[name]);
  const top = percentile(candidates.map(({height}) => height), 0.9);
  const least = Math.max(LEAST_RISE[name], LEAST_SHARE * top);
  const around = runningMean(flux, 24, 10);
  const peaks = candidates.filter(({frame, height}) => height > least && height > STANDS_OUT * around[frame]);
  return {name, flux, top, peaks};
}

/**
 * Frames that are the largest within `gap` frames to both sides.
 * @param {Float32Array} flux
 * @param {number} gap
 * @param {number} least
 * @returns {Peak[]}
 */
function localPeaks(flux, gap, least) {
  const peaks = [];
  for (let i = 0; i < flux.length; i++) {
    if (flux[i] < least) continue;
    if (isLargest(flux, i, gap)) peaks.push({frame: i, height: flux[i]});
  }
  return peaks;
}

/** @param {Float32Array} flux @param {number} i @param {number} gap */
function isLargest(flux, i, gap) {
  const end = Math.min(flux.length - 1, i + gap);
  for (let j = Math.max(0, i - gap); j <= end; j++) {
    if (flux[j] > flux[i] || (flux[j] === flux[i] && j < i)) return false;
  }
  return true;
}

/**
 * @param {Float32Array} values
 * @param {number} before
 * @param {number} after
 */
function runningMean(values, before, after) {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i] + values[i];
  return values.map((_, i) => {
    const from = Math.max(0, i - before);
    const to = Math.min(values.length, i + after + 1);
    return (sums[to] - sums[from]) / (before + after + 1);
  });
}

/**
 * Gather the peaks of all ranges into moments. The short windows tell the time; a low peak is a moment of its own
 * only where they saw nothing.
 * @param {Voice} low
 * @param {Voice} mid
 * @param {Voice} high
 * @returns {Moment[]}
 */
function moments(low, mid, high) {
  const frames = strongestApart([mid, high], TOGETHER);
  const deep = low.peaks
    .filter(({frame}) => !anyWithin(frames, frame, LOW_TOGETHER))
    .map(({frame}) => beginning(mid.flux, frame));
  return [...frames, ...deep].sort((a, b) => a - b).map((frame) => ({
    frame,
    low: largest(low, frame - 4, frame + LOW_TOGETHER),
    mid: largest(mid, frame - 1, frame + TOGETHER),
    high: largest(high, frame - 1, frame + TOGETHER),
  }));
}

/**
 * Frames of the voices' peaks, strongest first, none within `distance` of a stronger one; in order of time.
 * @param {Voice[]} voices
 * @param {number} distance
 */
function strongestApart(voices, distance) {
  const all = voices
    .flatMap(({peaks, top}) => peaks.map(({frame, height}) => ({frame, share: height / top})))
    .sort((a, b) => b.share - a.share || a.frame - b.frame);
  const taken = new Uint8Array(voices[0].flux.length + distance);
  const kept = all.filter(({frame}) => {
    if (taken[frame]) return false;
    taken.fill(1, Math.max(0, frame - distance), frame + distance + 1);
    return true;
  });
  return kept.map(({frame}) => frame).sort((a, b) => a - b);
}

/**
 * Where a low peak that nothing else marks began: at the largest rise in the mids just before, however small.
 * @param {Float32Array} flux
 * @param {number} frame
 */
function beginning(flux, frame) {
  let best = frame;
  for (let i = Math.max(0, frame - LOW_TOGETHER); i <= frame; i++) if (flux[i] > flux[best]) best = i;
  return best;
}

/** @param {number[]} frames ascending @param {number} frame @param {number} distance */
function anyWithin(frames, frame, distance) {
  let from = 0;
  let to = frames.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (frames[middle] < frame - distance) from = middle + 1;
    else to = middle;
  }
  return from < frames.length && frames[from] <= frame + distance;
}

/** @param {Voice} voice @param {number} from @param {number} to */
function largest({flux, top}, from, to) {
  let most = 0;
  for (let i = Math.max(0, from); i <= Math.min(flux.length - 1, to); i++) most = Math.max(most, flux[i]);
  return top > 0 ? Math.min(1, most / top) : 0;
}

/** Two moments may turn out to be one attack. @param {FoundOnset[]} onsets */
function inOrder(onsets) {
  return onsets
    .sort((a, b) => a.sample - b.sample)
    .filter((onset, i) => i === 0 || onset.sample > onsets[i - 1].sample + 2 * FRAME_SAMPLES);
}

/**
 * What the beat is looked for in: the flux of all ranges, each by its own measure, the low one counting most.
 * @param {Voice[]} voices
 * @returns {Float32Array} one number for each 10 ms
 */
function pulseCurve(voices) {
  const curve = new Float32Array(Math.floor(voices[0].flux.length / 2));
  const weights = {low: 1, mid: 0.7, high: 0.4};
  for (const {name, flux, top} of voices) {
    for (let row = 0; row < curve.length && top > 0; row++) {
      const height = Math.max(flux[2 * row], flux[Math.max(0, 2 * row - 1)]);
      curve[row] += weights[name] * Math.min(1, height / top);
    }
  }
  return curve;
}
