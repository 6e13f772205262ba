// The tempo of a song: the period at which its onsets agree with themselves best.
import {HOP_S} from './grid.js';
import {mapped} from './mapped.js';

const SLOWEST_BPM = 60;
const FASTEST_BPM = 200;
/** People tap near this tempo; the width is in octaves. */
const USUAL_BPM = 122;
const USUAL_WIDTH = 0.8;
/** Multiples of the beat that must agree as well, and what each counts. */
const MULTIPLES = [[1, 1], [2, 0.7], [4, 0.7], [8, 0.3]];
/** Onsets this far apart (rows) still belong together; about how exactly people play. */
const BLUR_ROWS = 1.5;

/**
 * The onset curve with zero mean over a second around, unit deviation and slightly blurred; null if it never moves.
 * @param {Float32Array} curve one number for each 10 ms
 */
export function beatEnvelope(curve) {
  const above = aboveMean(curve, 50);
  const smooth = blurred(above);
  const deviation = Math.sqrt(smooth.reduce((sum, value) => sum + value * value, 0) / smooth.length);
  return deviation > 1e-6 ? smooth.map((value) => value / deviation) : null;
}

/**
 * The beat period in rows, and how strongly the envelope repeats at it (0..1).
 * @param {Float64Array} envelope
 */
export function beatPeriod(envelope) {
  const shortest = 60 / FASTEST_BPM / HOP_S;
  const longest = 60 / SLOWEST_BPM / HOP_S;
  const correlation = autocorrelation(envelope, Math.ceil(longest * 8) + 2);
  let best = {period: shortest, score: -Infinity};
  for (let period = shortest; period <= longest; period *= 1.001) {
    const agreement = MULTIPLES.reduce((sum, [times, weight]) => sum + weight * at(correlation, times * period), 0);
    const score = usual(period) * agreement;
    if (score > best.score) best = {period, score};
  }
  return {period: best.period, strength: Math.max(0, at(correlation, best.period))};
}

/** @param {number} period */
function usual(period) {
  const octaves = Math.log2(60 / (period * HOP_S) / USUAL_BPM) / USUAL_WIDTH;
  return Math.exp(-0.5 * octaves * octaves);
}

/** @param {Float32Array} curve @param {number} reach */
function aboveMean(curve, reach) {
  const sums = new Float64Array(curve.length + 1);
  for (let i = 0; i < curve.length; i++) sums[i + 1] = sums[i] + curve[i];
  return mapped(Float64Array, curve, (value, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(curve.length, i + reach + 1);
    return value - (sums[to] - sums[from]) / (to - from);
  });
}

/** @param {Float64Array} values */
function blurred(values) {
  const reach = Math.ceil(3 * BLUR_ROWS);
  const weights = Float64Array.from({length: reach + 1}, (_, j) => Math.exp(-0.5 * (j / BLUR_ROWS) ** 2));
  return values.map((value, i) => {
    let sum = value;
    for (let j = 1; j <= reach; j++) sum += weights[j] * ((values[i - j] ?? 0) + (values[i + j] ?? 0));
    return sum;
  });
}

/**
 * @param {Float64Array} envelope
 * @param {number} lags
 */
function autocorrelation(envelope, lags) {
  const out = new Float64Array(Math.min(lags, envelope.length));
  for (let lag = 0; lag < out.length; lag++) {
    let sum = 0;
    for (let i = lag; i < envelope.length; i++) sum += envelope[i] * envelope[i - lag];
    // Over the pairs that there are: a short song must not lose its long lags.
    out[lag] = sum / Math.max(envelope.length / 2, envelope.length - lag);
  }
  return out;
}

/** Between two values. @param {Float64Array} values @param {number} x */
function at(values, x) {
  const i = Math.floor(x);
  if (i + 1 >= values.length) return 0;
  return values[i] + (values[i + 1] - values[i]) * (x - i);
}
