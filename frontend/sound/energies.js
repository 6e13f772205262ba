// Bass, mid and treble energy and the stereo balance, one number a row.
import {Column} from './column.js';
import {codeOfPower, dbOfCode} from './decibel.js';
import {HOP_S} from './grid.js';
import {mapped} from './mapped.js';
import {percentileOfCodes} from './percentile.js';

/** Upper edges of bass, mid and treble in Hz; the bass begins at 25. */
const EDGES_HZ = [25, 150, 4000, 16_000];
const RELEASE_S = 0.15;
/** The ear would ask for pressure to the power of 0.6 (Stevens); pictures need more contrast than that. */
const COMPRESSION = 0.9;
/** Where the 95th percentile of a song comes to lie. */
const USUAL_PEAK = 0.85;
const CURVATURE = -Math.log(1 - USUAL_PEAK);
/** Amplitude under which a song counts as silent. */
const SILENCE = 3e-5;
const BALANCE_S = 0.25;

export class EnergyMeter {
  /**
   * @param {number} rows expected
   * @param {number} binHz
   */
  constructor(rows, binHz) {
    /** Amplitudes (root of the power) in bass, mid and treble. */
    this.amplitudes = EDGES_HZ.slice(1).map(() => new Column(Float32Array, 1, rows));
    /** @private */
    this.bins = EDGES_HZ.map((hz) => Math.max(1, Math.round(hz / binHz)));
  }

  /** @param {Float64Array} power */
  measure(power) {
    this.amplitudes.forEach((column, i) => {
      let sum = 0;
      for (let k = this.bins[i]; k < this.bins[i + 1]; k++) sum += power[k];
      column.add(Math.sqrt(sum));
    });
  }
}

/**
 * Bring amplitudes to 0..65535: gain from the 95th percentile, no attack, an exponential release.
 * @param {Float32Array} amplitudes
 * @param {number} releaseS 0 for none
 * @param {number} [compression]
 */
export function finishEnergy(amplitudes, releaseS = RELEASE_S, compression = COMPRESSION) {
  const fall = releaseS > 0 ? Math.exp(-HOP_S / releaseS) : 0;
  const heights = new Float32Array(amplitudes.length);
  let held = 0;
  amplitudes.forEach((amplitude, i) => {
    held = Math.max(amplitude > 1e-6 ? amplitude ** compression : 0, held * fall);
    heights[i] = held;
  });
  const codes = mapped(Uint16Array, heights, (height) => codeOfPower(height * height));
  const usualCode = percentileOfCodes(codes, 0.95, codeOfPower(SILENCE ** (2 * compression)));
  if (usualCode === 0) return codes.fill(0);
  const usual = 10 ** (dbOfCode(usualCode) / 20);
  return mapped(Uint16Array, heights, (height) => Math.round(65535 * (1 - Math.exp((-CURVATURE * height) / usual))));
}

/**
 * Stereo balance from the power of both channels, smoothed both ways so that it does not lag: -127 left .. 127 right.
 * @param {Float32Array} left power of each row
 * @param {Float32Array} right
 */
export function finishBalance(left, right) {
  const keep = Math.exp(-HOP_S / BALANCE_S);
  const smoothLeft = smoothBothWays(left, keep);
  const smoothRight = smoothBothWays(right, keep);
  return mapped(Int8Array, smoothLeft, (l, i) => {
    const sum = l + smoothRight[i];
    return sum > SILENCE * SILENCE ? Math.round((127 * (smoothRight[i] - l)) / sum) : 0;
  });
}

/** @param {Float32Array} values @param {number} keep */
function smoothBothWays(values, keep) {
  const smooth = values.slice();
  for (let i = 1; i < smooth.length; i++) smooth[i] += (smooth[i - 1] - smooth[i]) * keep;
  for (let i = smooth.length - 2; i >= 0; i--) smooth[i] += (smooth[i + 1] - smooth[i]) * keep;
  return smooth;
}
