// The 64 drawn bands: measured at three resolutions, then brought to 0..1 by a gain from the whole song.
import {Column} from './column.js';
import {codeOfPower, STEPS_PER_DB} from './decibel.js';
import {BAND_COUNT, HOP_S, bandCentres, bandEdges} from './grid.js';
import {percentileOfCodes} from './percentile.js';
import {aWeightingDb} from './weighting.js';

/** Level of the drawn range from top to bottom. */
const RANGE_DB = 52;
/** Music falls by about 4.5 dB an octave; bands that widen with pitch take back 3 of them, this the rest. */
const TILT_DB_PER_OCTAVE = 1.5;
/** How much of a song's own tilt that is left is taken away, and at most how far. */
const LEVELLING = 0.5;
const LEVELLING_LIMIT_DB = 9;
const RELEASE_S = 0.12;
/** A song whose loudest band lies below this is silence or dither and is not blown up. */
const SILENCE_CODE = codeOfPower(1e-9);
/** Narrower bands than this many bins are widened to it: there is no finer detail to be had. */
const LEAST_BINS = 1.5;

/** Weighted bins of one band. @typedef {{first: number, weights: Float64Array}} BandBins */

/**
 * Which bins of a spectrum make up each band.
 * @param {number} binHz
 * @param {number} bins
 * @returns {BandBins[]}
 */
export function bandBins(binHz, bins) {
  const edges = bandEdges();
  const centres = bandCentres();
  return Array.from(centres, (centre, i) => {
    const half = Math.max(edges[i + 1] - edges[i], LEAST_BINS * binHz) / 2;
    const low = Math.max(0.5, (centre - half) / binHz);
    const high = Math.min(bins - 0.5, Math.max((centre + half) / binHz, low + LEAST_BINS));
    const first = Math.floor(low + 0.5);
    const last = Math.min(bins - 1, Math.floor(high + 0.5));
    const weights = Float64Array.from({length: Math.max(1, last - first + 1)}, (_, j) => {
      const bin = first + j;
      return Math.max(0, Math.min(high, bin + 0.5) - Math.max(low, bin - 0.5));
    });
    return {first, weights};
  });
}

/** Above the first frequency the 2048 window takes over from the 4096, above the second the 1024. */
const CROSSOVER_HZ = [220, 800];

export class BandMeter {
  /**
   * @param {number} rows expected
   * @param {{binHz: number, bins: number}[]} resolutions 4096, 2048 and 1024 samples
   */
  constructor(rows, resolutions) {
    this.codes = new Column(Uint16Array, BAND_COUNT, rows);
    const perResolution = resolutions.map(({binHz, bins}) => bandBins(binHz, bins));
    /** @private */
    this.sources = Array.from(bandCentres(), (hz, i) => {
      const which = CROSSOVER_HZ.filter((crossover) => hz >= crossover).length;
      return {which, ...perResolution[which][i]};
    });
  }

  /**
   * Add a row.
   * @param {Float64Array[]} spectra powers at the three resolutions
   */
  measure(spectra) {
    const offset = this.codes.append();
    const {store} = this.codes;
    for (let i = 0; i < BAND_COUNT; i++) {
      const {which, first, weights} = this.sources[i];
      const power = spectra[which];
      let sum = 0;
      for (let j = 0; j < weights.length; j++) sum += power[first + j] * weights[j];
      store[offset + i] = codeOfPower(sum);
    }
  }
}

/**
 * Turn the measured codes, in place, into what is drawn: 0..65535, rising at once and falling with weight.
 * @param {Uint16Array} codes rows x 64
 * @param {'none'|'A'} weighting
 */
export function finishBands(codes, weighting) {
  const lift = bandLift(codes, weighting);
  const top = topCode(codes, lift);
  const bottom = top - RANGE_DB * STEPS_PER_DB;
  const scale = top > SILENCE_CODE ? 1 / (top - bottom) : 0;
  const fall = Math.exp(-HOP_S / RELEASE_S);
  const held = new Float64Array(BAND_COUNT);
  for (let row = 0; row < codes.length; row += BAND_COUNT) {
    for (let i = 0; i < BAND_COUNT; i++) {
      const code = codes[row + i];
      const level = code === 0 ? 0 : Math.min(1, Math.max(0, (code + lift[i] - bottom) * scale));
      // To the power of 1.5, so that what stands out does so to the eye as well.
      held[i] = Math.max(level * Math.sqrt(level), held[i] * fall);
      codes[row + i] = Math.round(held[i] * 65535);
    }
  }
  return codes;
}

/**
 * Steps to add to each band: the fixed tilt, the weighting, and half of what the song itself leaves uneven.
 * @param {Uint16Array} codes
 * @param {'none'|'A'} weighting
 */
function bandLift(codes, weighting) {
  const lift = Float64Array.from(bandCentres(), (hz) => {
    const weight = weighting === 'A' ? aWeightingDb(hz) : 0;
    return (TILT_DB_PER_OCTAVE * Math.log2(hz / 1000) + weight) * STEPS_PER_DB;
  });
  const loud = lift.map((steps, i) => percentileOfCodes(codes, 0.95, 0, BAND_COUNT, i) + steps);
  const strongest = Math.max(...loud);
  const limit = LEVELLING_LIMIT_DB * STEPS_PER_DB;
  const smooth = smoothed(loud, 6);
  return lift.map((steps, i) => steps + Math.min(limit, Math.max(0, (strongest - smooth[i]) * LEVELLING)));
}

/** @param {Float64Array} values @param {number} reach */
function smoothed(values, reach) {
  return values.map((_, i) => {
    const near = values.subarray(Math.max(0, i - reach), i + reach + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

/**
 * The level that is drawn at full height: that of the strongest band in all but the loudest rows.
 * @param {Uint16Array} codes
 * @param {Float64Array} lift
 */
function topCode(codes, lift) {
  const rows = codes.length / BAND_COUNT;
  const loudest = new Uint16Array(rows);
  for (let row = 0; row < rows; row++) {
    let most = 0;
    for (let i = 0; i < BAND_COUNT; i++) {
      const code = codes[row * BAND_COUNT + i];
      if (code > 0) most = Math.max(most, code + lift[i]);
    }
    loudest[row] = Math.min(65535, Math.max(0, Math.round(most)));
  }
  return percentileOfCodes(loudest, 0.98, 0);
}
