// Tempo by autocorrelation, beats by dynamic programming (Ellis, "Beat Tracking by Dynamic Programming", 2007).
import {HOP_S} from './grid.js';

/** @typedef {{tempoBpm: number|null, beatStrength: number, beats: Float64Array, strengths: Float64Array}} BeatTrack */

const SLOWEST_BPM = 60;
const FASTEST_BPM = 200;
/** People tap near this tempo; the width is in octaves. */
const USUAL_BPM = 122;
const USUAL_WIDTH = 0.9;
/** How much a beat that is off the tempo costs against an onset. */
const TIGHTNESS = 12;
/** Correlation below which there is no beat. */
const LEAST_STRENGTH = 0.12;

/** @returns {BeatTrack} */
const noBeat = () => ({tempoBpm: null, beatStrength: 0, beats: new Float64Array(0), strengths: new Float64Array(0)});

/**
 * @param {Float32Array} curve onset strength, one number for each 10 ms
 * @returns {BeatTrack} beats in seconds
 */
export function trackBeats(curve) {
  const envelope = standardised(curve);
  if (!envelope) return noBeat();
  const {lag, strength} = bestLag(envelope);
  if (strength < LEAST_STRENGTH) return noBeat();
  const rows = tapBeats(envelope, lag);
  if (rows.length < 4) return noBeat();
  const {beats, period} = straightened(rows, envelope);
  return {
    tempoBpm: Math.round((60 / (period * HOP_S)) * 100) / 100,
    beatStrength: Math.min(1, strength),
    beats: beats.map((row) => row * HOP_S),
    strengths: beats.map((row) => strengthAt(curve, row)),
  };
}

/**
 * Zero mean over a second and unit deviation; null for a curve that never moves.
 * @param {Float32Array} curve
 */
function standardised(curve) {
  const reach = 50;
  const sums = new Float64Array(curve.length + 1);
  for (let i = 0; i < curve.length; i++) sums[i + 1] = sums[i] + curve[i];
  let squares = 0;
  const out = Float64Array.from(curve, (value, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(curve.length, i + reach + 1);
    const above = value - (sums[to] - sums[from]) / (to - from);
    squares += above * above;
    return above;
  });
  const deviation = Math.sqrt(squares / curve.length);
  return deviation > 1e-6 ? out.map((value) => value / deviation) : null;
}

/**
 * The beat period in rows: the lag at which the envelope, and its multiples, agree with themselves best.
 * @param {Float64Array} envelope
 */
function bestLag(envelope) {
  const shortest = 60 / FASTEST_BPM / HOP_S;
  const longest = 60 / SLOWEST_BPM / HOP_S;
  const correlation = autocorrelation(envelope, Math.ceil(longest * 4) + 2);
  let best = {lag: shortest, score: -Infinity};
  for (let lag = shortest; lag <= longest; lag *= 1.0025) {
    const score = prior(lag) * (at(correlation, lag) + 0.6 * at(correlation, 2 * lag) + 0.6 * at(correlation, 4 * lag));
    if (score > best.score) best = {lag, score};
  }
  return {lag: best.lag, strength: at(correlation, best.lag)};
}

/** @param {number} lag */
function prior(lag) {
  const octaves = Math.log2(60 / (lag * HOP_S) / USUAL_BPM) / USUAL_WIDTH;
  return Math.exp(-0.5 * octaves * octaves);
}

/**
 * @param {Float64Array} envelope
 * @param {number} lags
 */
function autocorrelation(envelope, lags) {
  const out = new Float64Array(lags);
  for (let lag = 0; lag < lags; lag++) {
    let sum = 0;
    for (let i = lag; i < envelope.length; i++) sum += envelope[i] * envelope[i - lag];
    out[lag] = sum / envelope.length;
  }
  return out;
}

/** Largest of the values around a fractional position. @param {Float64Array} values @param {number} x */
function at(values, x) {
  const i = Math.floor(x);
  if (i + 1 >= values.length) return 0;
  return values[i] + (values[i + 1] - values[i]) * (x - i);
}

/**
 * Rows of the best chain of beats, from the first to the last.
 * @param {Float64Array} envelope
 * @param {number} period in rows
 */
function tapBeats(envelope, period) {
  const nearest = Math.round(period / 2);
  const farthest = Math.round(period * 2);
  const costs = Float64Array.from({length: farthest + 1}, (_, gap) => -TIGHTNESS * Math.log(gap / period) ** 2);
  const score = Float64Array.from(envelope);
  const before = new Int32Array(envelope.length).fill(-1);
  for (let i = nearest; i < envelope.length; i++) {
    let best = 0;
    for (let gap = nearest; gap <= farthest && gap <= i; gap++) {
      const value = score[i - gap] + costs[gap];
      if (value > best) {
        best = value;
        before[i] = i - gap;
      }
    }
    score[i] += best;
  }
  return chain(score, before, farthest);
}

/** @param {Float64Array} score @param {Int32Array} before @param {number} tail */
function chain(score, before, tail) {
  let row = Math.max(0, score.length - tail);
  for (let i = row; i < score.length; i++) if (score[i] > score[row]) row = i;
  const rows = [];
  for (; row >= 0; row = before[row]) rows.push(row);
  return rows.reverse();
}

/**
 * Beats on a straight line where the song keeps its tempo.
 * @param {number[]} rows
 * @param {Float64Array} envelope
 */
function straightened(rows, envelope) {
  const n = rows.length;
  let weight = 0, x = 0, y = 0, xx = 0, xy = 0;
  rows.forEach((row, i) => {
    const w = Math.max(0.01, envelope[row]);
    weight += w;
    x += w * i;
    y += w * row;
    xx += w * i * i;
    xy += w * i * row;
  });
  const period = (weight * xy - x * y) / (weight * xx - x * x);
  const start = (y - period * x) / weight;
  const off = rows.map((row, i) => Math.abs(row - start - period * i)).sort((a, b) => a - b)[Math.floor(0.8 * n)];
  const beats = Float64Array.from(rows, (row, i) => (off < 4 ? Math.max(0, start + period * i) : row));
  return {beats, period};
}

/** @param {Float32Array} curve @param {number} row */
function strengthAt(curve, row) {
  let most = 0;
  for (let i = Math.max(0, Math.round(row) - 3); i <= Math.min(curve.length - 1, Math.round(row) + 3); i++) {
    most = Math.max(most, curve[i]);
  }
  return Math.min(1, 0.35 + 0.4 * most);
}
