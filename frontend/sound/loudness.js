// Loudness after ITU-R BS.1770: K-weighted power of each row, the gated loudness of the song, and its true peak.
import {Column} from './column.js';
import {HOP} from './grid.js';
import {mapped} from './mapped.js';

/** @typedef {{b0: number, b1: number, b2: number, a1: number, a2: number}} Biquad */

/** BS.1770-4, tables 1 and 2, at 48 kHz: the head's shelf and the low cut. @type {Biquad[]} */
const K_WEIGHTING = [
  {b0: 1.53512485958697, b1: -2.69169618940638, b2: 1.19839281085285, a1: -1.69065929318241, a2: 0.73248077421585},
  {b0: 1, b1: -2, b2: 1, a1: -1.99004745483398, a2: 0.99007225036621},
];
const OFFSET_LU = -0.691;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;
/** Rows in a gating block of 400 ms and in the 100 ms from one block to the next. */
const BLOCK_ROWS = 40;
const STEP_ROWS = 10;

export class LoudnessMeter {
  /** @param {number} rows expected */
  constructor(rows) {
    /** K-weighted mean square of the 10 ms from each row's centre on, left and right. */
    this.left = new Column(Float32Array, 1, rows);
    this.right = new Column(Float32Array, 1, rows);
    /** @private */
    this.states = [new Float64Array(4), new Float64Array(4)];
    /** @private */
    this.sums = [0, 0];
    /** @private */
    this.heard = 0;
  }

  /**
   * @param {Float64Array} left
   * @param {Float64Array} right
   * @param {number} from
   * @param {number} to
   */
  push(left, right, from, to) {
    for (let start = from; start < to;) {
      const end = Math.min(to, start + HOP - this.heard);
      this.sums[0] += weightedEnergy(left, start, end, this.states[0]);
      this.sums[1] += weightedEnergy(right, start, end, this.states[1]);
      this.heard += end - start;
      if (this.heard === HOP) this.closeRow();
      start = end;
    }
  }

  /** End the row that is being heard, also when it is not full. */
  closeRow() {
    this.left.add(this.sums[0] / HOP);
    this.right.add(this.sums[1] / HOP);
    this.sums[0] = 0;
    this.sums[1] = 0;
    this.heard = 0;
  }
}

/**
 * Sum of squares behind both filters, in transposed direct form II.
 * @param {Float64Array} samples
 * @param {number} from
 * @param {number} to
 * @param {Float64Array} state
 */
function weightedEnergy(samples, from, to, state) {
  const [shelf, cut] = K_WEIGHTING;
  let [s0, s1, c0, c1] = state;
  let sum = 0;
  for (let i = from; i < to; i++) {
    const x = samples[i];
    const y = shelf.b0 * x + s0;
    s0 = shelf.b1 * x - shelf.a1 * y + s1;
    s1 = shelf.b2 * x - shelf.a2 * y;
    const z = y + c0;
    c0 = -2 * y - cut.a1 * z + c1;
    c1 = y - cut.a2 * z;
    sum += z * z;
  }
  state[0] = s0;
  state[1] = s1;
  state[2] = c0;
  state[3] = c1;
  return sum;
}

/**
 * Gated loudness of the whole song; null when all of it lies below the absolute gate.
 * @param {Float32Array} left K-weighted power of each row
 * @param {Float32Array} right
 * @returns {number|null} LUFS to two places
 */
export function integratedLoudness(left, right) {
  const blocks = gatingBlocks(left, right);
  const loud = blocks.filter((power) => lufs(power) > ABSOLUTE_GATE_LUFS);
  if (loud.length === 0) return null;
  const gate = lufs(mean(loud)) + RELATIVE_GATE_LU;
  return Math.round(lufs(mean(loud.filter((power) => lufs(power) > gate))) * 100) / 100;
}

/**
 * Power of each 400 ms block; a song shorter than one is one block.
 * @param {Float32Array} left
 * @param {Float32Array} right
 */
function gatingBlocks(left, right) {
  const blocks = [];
  const last = Math.max(0, left.length - BLOCK_ROWS);
  for (let start = 0; start <= last; start += STEP_ROWS) {
    const end = Math.min(left.length, start + BLOCK_ROWS);
    let sum = 0;
    for (let row = start; row < end; row++) sum += left[row] + right[row];
    blocks.push(sum / (end - start));
  }
  return blocks;
}

/**
 * Amplitude of the 400 ms around each row.
 * @param {Float32Array} left
 * @param {Float32Array} right
 */
export function momentaryAmplitude(left, right) {
  const rows = left.length;
  const sums = new Float64Array(rows + 1);
  for (let row = 0; row < rows; row++) sums[row + 1] = sums[row] + left[row] + right[row];
  return mapped(Float32Array, left, (_, row) => {
    const from = Math.max(0, row - BLOCK_ROWS / 2);
    const to = Math.min(rows, row + BLOCK_ROWS / 2);
    return Math.sqrt(Math.max(0, sums[to] - sums[from]) / (2 * (to - from)));
  });
}

/** @param {number} power */
function lufs(power) {
  return OFFSET_LU + 10 * Math.log10(Math.max(power, 1e-20));
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
