// Onsets: peaks of the flux in three ranges, gathered into moments, named by what rises, timed to the millisecond.
import {refineAttack} from './attack.js';
import {HAT, KICK, SNARE} from './events.js';
import {FLUX_BANDS, FRAME_SAMPLES, HIGH, LOW, MID, levelTables, novelty} from './flux.js';
import {percentile} from './percentile.js';

/** @typedef {{sample: number, kinds: number, strength: number, low: number, mid: number, high: number}} FoundOnset */
/** @typedef {{frame: number, height: number}} Peak */
/** @typedef {{name: 'low'|'mid'|'high', flux: Float32Array, top: number, peaks: Peak[]}} Voice */

/** Flux is measured against this many frames before: the width of the 512 window. */
const LAG = 2;
/** The low range is seen through a window four times as long. */
const LOW_LAG = 4;
/** Least rise that counts at all, in the compressed scale (0.7 is a doubling of amplitude). */
const LEAST_RISE = 0.3;
/** Least rise as a share of the song's usual peak. */
const LEAST_SHARE = 0.18;
/** A peak stands out from the mean flux around it by this factor. */
const STANDS_OUT = 1.7;
/** Peaks of different ranges within this many frames (35 ms) are one moment. */
const TOGETHER = 7;

/**
 * All onsets in order of time; strengths are 0..1.
 * @param {Uint8Array} codes flux codes, 5 ms a frame
 * @param {Uint16Array} envelope attack codes, 1 ms a step
 * @param {number} samples length of the song
 */
export function findOnsets(codes, envelope, samples) {
  const tables = levelTables(codes);
  const voices = [
    voice('low', novelty(codes, tables, LOW, LOW_LAG), 12),
    voice('mid', novelty(codes, tables, MID, LAG), 6),
    voice('high', novelty(codes, tables, HIGH, LAG), 6),
  ];
  const onsets = moments(voices).map((moment) => describe(moment, codes, tables, envelope, samples));
  return {onsets, pulseCurve: pulseCurve(voices)};
}

/**
 * @param {'low'|'mid'|'high'} name
 * @param {Float32Array} flux
 * @param {number} gap least distance of two peaks in frames
 * @returns {Voice}
 */
function voice(name, flux, gap) {
  const candidates = localPeaks(flux, gap);
  const top = percentile(candidates.map(({height}) => height), 0.9);
  const least = Math.max(LEAST_RISE, LEAST_SHARE * top);
  const around = runningMean(flux, 24, 10);
  const peaks = candidates.filter(({frame, height}) => height > least && height > STANDS_OUT * around[frame]);
  return {name, flux, top, peaks};
}

/**
 * Frames that are the largest within `gap` frames to both sides.
 * @param {Float32Array} flux
 * @param {number} gap
 * @returns {Peak[]}
 */
function localPeaks(flux, gap) {
  const peaks = [];
  for (let i = 0; i < flux.length; i++) {
    if (flux[i] < LEAST_RISE) continue;
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

/** @typedef {{frame: number, low: number, mid: number, high: number}} Moment */

/**
 * Gather the peaks of all ranges into moments, each with its strength in every range.
 * @param {Voice[]} voices
 * @returns {Moment[]}
 */
function moments(voices) {
  const all = voices
    .flatMap(({name, peaks, top}) => peaks.map(({frame, height}) => ({name, frame, strength: Math.min(1, height / top)})))
    .sort((a, b) => a.frame - b.frame);
  /** @type {Moment[]} */
  const found = [];
  let first = -Infinity;
  for (const {name, frame, strength} of all) {
    if (frame - first > TOGETHER) {
      found.push({frame, low: 0, mid: 0, high: 0});
      first = frame;
    }
    const moment = found[found.length - 1];
    // The short windows tell the time better than the long one of the low range.
    if (name !== 'low' && moment.mid === 0 && moment.high === 0) moment.frame = frame;
    moment[name] = Math.max(moment[name], strength);
  }
  return found;
}

/**
 * @param {Moment} moment
 * @param {Uint8Array} codes
 * @param {Float32Array[]} tables
 * @param {Uint16Array} envelope
 * @param {number} samples
 * @returns {FoundOnset}
 */
function describe(moment, codes, tables, envelope, samples) {
  const {low, mid, high} = moment;
  const broad = breadth(codes, tables, moment.frame);
  let kinds = 0;
  if (low > 0.4) kinds |= KICK;
  if (mid > 0.5 && broad > 0.6) kinds |= SNARE;
  if (high > 0.25 && !(kinds & SNARE)) kinds |= HAT;
  const sample = Math.min(samples - 1, refineAttack(envelope, moment.frame * FRAME_SAMPLES));
  return {sample, kinds, strength: Math.max(low, mid, 0.8 * high), low, mid, high};
}

/**
 * Share of the mid and high bands that rise and stay risen for 30 ms.
 * @param {Uint8Array} codes
 * @param {Float32Array[]} tables
 * @param {number} frame
 */
function breadth(codes, tables, frame) {
  const frames = codes.length / FLUX_BANDS;
  const before = Math.max(0, frame - 3) * FLUX_BANDS;
  const after = Math.min(frames - 1, frame + 5) * FLUX_BANDS;
  let risen = 0;
  for (let band = MID.first; band < HIGH.end; band++) {
    if (tables[band][codes[after + band]] > tables[band][codes[before + band]] + 0.25) risen += 1;
  }
  return risen / (HIGH.end - MID.first);
}

/**
 * What the beat is looked for in: the flux of all ranges, each by its own measure, the low one counting most.
 * @param {Voice[]} voices
 * @returns {Float32Array} one number for each 10 ms
 */
function pulseCurve(voices) {
  const rows = Math.floor(voices[0].flux.length / 2);
  const weights = {low: 1, mid: 0.7, high: 0.4};
  return Float32Array.from({length: rows}, (_, row) => voices.reduce((sum, {name, flux, top}) => {
    const height = Math.max(flux[2 * row], flux[Math.max(0, 2 * row - 1)]);
    return sum + (top > 0 ? weights[name] * Math.min(1, height / top) : 0);
  }, 0));
}
