// The height and the light of one row of the land, from the spectrum of the moment that it stands for.
import {randomAt} from '../core/random.js';

/** @typedef {import('../../sound/track.js').FeatureTrack} FeatureTrack */
/** @typedef {'valley' | 'summit' | 'open' | 'round'} Shape round closes on itself: the tunnel */

/** Values of a vertex: height (about 0..1), light of the highs (0..1), shift sideways and along the way (facets only). */
export const VALUES = 4;
const BANDS = 64;
const SAMPLES = 4;

/**
 * @typedef {object} ReliefOptions
 * @property {Float32Array} places across the land, 0 in the middle, 1 where the spectrum ends and folds back
 * @property {Shape} shape
 * @property {number} softness 0 = every partial a spike .. 1 = rolling hills
 * @property {number} jitter how irregular the grid is, 0..1
 * @property {number} seed
 */

/** Writes rows; a row is a function of its number and the stretch of time that it covers. */
export class Relief {
  /**
   * @param {FeatureTrack} track
   * @param {ReliefOptions} options
   */
  constructor(track, {places, shape, softness, jitter, seed}) {
    this.track = track;
    this.places = places;
    this.shape = shape;
    this.softness = softness;
    this.jitter = jitter;
    this.seed = seed;
    /** @private */
    this.bands = new Float32Array(BANDS);
    /** @private */
    this.now = new Float32Array(BANDS);
    /** @private */
    this.smooth = new Float32Array(BANDS);
  }

  /**
   * @param {number} row its number (not whole for the one that is being laid)
   * @param {number} from seconds
   * @param {number} to seconds, later than from
   * @param {Float32Array} out 4 numbers for each place
   */
  write(row, from, to, out) {
    this.listen(from, to);
    const {places, seed} = this;
    const meander = .16 * Math.sin(row * .045 + seed % 7) + .08 * Math.sin(row * .021 + 2);
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      const across = Math.abs(place - (this.shape === 'valley' ? meander : meander * .25));
      const fold = foldAt(this.shape, place);
      const band = this.bandAt(this.shape === 'valley' ? 1 - fold : fold);
      const rough = this.roughness(place, row);
      const o = i * VALUES;
      const height = envelope(this.shape, across) * (.04 + .08 * rough + band * (.55 + 1.05 * rough));
      // The tallest lean back a little: one loud band must not wall off the sky.
      out[o] = height / (1 + .4 * height);
      out[o + 1] = this.lightAt(fold) * (.6 + .6 * rough);
      out[o + 2] = this.jitter * (randomAt(seed, Math.floor(row) * 512 + i) - .5);
      out[o + 3] = this.jitter * (randomAt(seed + 1, Math.floor(row) * 512 + i) - .5);
    }
  }

  /**
   * Slow irregularity of the ground, so that the two sides are no mirror images, 0..1.
   * @param {number} place
   * @param {number} row
   */
  roughness(place, row) {
    const {shape, seed} = this;
    if (shape === 'round') return noise(1.6 * Math.cos(place * Math.PI) + 20, 1.6 * Math.sin(place * Math.PI) + row * .11, seed);
    return noise(place * 4.1 + 31, row * .13, seed) * .65 + noise(place * 7.3, row * .21 + 9, seed) * .35;
  }

  /**
   * The loudest of each band over the stretch, so that no hit falls between two rows; then sharpened and smoothed.
   * @param {number} from
   * @param {number} to
   */
  listen(from, to) {
    const {bands, now, smooth} = this;
    bands.fill(0);
    if (to < 0) return;
    for (let i = 0; i < SAMPLES; i++) {
      this.track.bandsAt(Math.max(0, from + ((to - from) * i) / (SAMPLES - 1)), now);
      for (let b = 0; b < BANDS; b++) bands[b] = Math.max(bands[b], now[b]);
    }
    contrast(bands);
    for (let pass = 0; pass < 2 + Math.round(this.softness * 14); pass++) {
      for (let b = 0; b < BANDS; b++) {
        const left = bands[Math.max(0, b - 1)];
        const right = bands[Math.min(BANDS - 1, b + 1)];
        smooth[b] = (bands[b] + (left + right) / 2) / 2;
      }
      bands.set(smooth);
    }
  }

  /**
   * A band between the stored ones, by a cubic that has no corners.
   * @param {number} part 0 lowest .. 1 highest
   */
  bandAt(part) {
    const x = part * (BANDS - 1);
    const i = Math.min(BANDS - 2, Math.floor(x));
    const f = x - i;
    const {bands} = this;
    const [a, b, c, d] = [bands[Math.max(0, i - 1)], bands[i], bands[i + 1], bands[Math.min(BANDS - 1, i + 2)]];
    return Math.max(0, b + .5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a))));
  }

  /**
   * What the highs give to a place: its own mirror band in the upper half of the spectrum.
   * @param {number} fold 0..1
   */
  lightAt(fold) {
    return this.bandAt(.52 + .46 * fold);
  }
}

/**
 * Peaks stand out from what surrounds them: music fills most bands most of the time, and a plateau is no mountain.
 * @param {Float32Array} bands changed in place
 */
function contrast(bands) {
  let mean = 0;
  for (const value of bands) mean += value / BANDS;
  const floor = mean * .62;
  for (let b = 0; b < BANDS; b++) {
    const over = Math.max(0, bands[b] - floor) / (1.02 - floor);
    bands[b] = over * (.45 + .95 * over);
  }
}

/**
 * Which part of the spectrum sounds at a place, 0..1: the bass meets in the middle, and beyond 1 it folds back. Open land
 * has its hills beside the middle instead, at unlike distances.
 * @param {Shape} shape
 * @param {number} place
 */
function foldAt(shape, place) {
  const x = shape === 'open' ? Math.abs(place + .42) * 1.35 : Math.abs(place) * (shape === 'round' ? 3 : 1);
  return Math.min(1, 1 - Math.abs(1 - (x % 2)));
}

/**
 * Where the land may rise.
 * @param {Shape} shape
 * @param {number} across distance from its axis
 */
function envelope(shape, across) {
  if (shape === 'valley') return .26 + .95 * smoothstep(.06, 1.3, across);
  if (shape === 'summit') return .12 + 1.2 * Math.exp(-across * across * 3.2);
  return .95;
}

/**
 * @param {number} a
 * @param {number} b
 * @param {number} x
 */
function smoothstep(a, b, x) {
  const v = Math.min(1, Math.max(0, (x - a) / (b - a)));
  return v * v * (3 - 2 * v);
}

/**
 * Smooth noise in the plane of the land, 0..1.
 * @param {number} x
 * @param {number} y
 * @param {number} seed
 */
export function noise(x, y, seed) {
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [ease(x - i), ease(y - j)];
  const at = (/** @type {number} */ p, /** @type {number} */ q) => randomAt(seed, p * 7919 + q * 104729);
  const low = at(i, j) + (at(i + 1, j) - at(i, j)) * u;
  const high = at(i, j + 1) + (at(i + 1, j + 1) - at(i, j + 1)) * u;
  return low + (high - low) * v;
}

const ease = (/** @type {number} */ x) => x * x * (3 - 2 * x);
