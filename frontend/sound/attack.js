// Finds the moment of an attack to the millisecond, from an envelope of the signal itself.
import {Column} from './column.js';
import {codeOfPower} from './decibel.js';

/** Samples in a step of the envelope: 1 ms. */
export const STEP = 48;
/** How far around the coarse moment the attack is looked for, in steps. */
const BEFORE = 14;
const AFTER = 14;
/** The attack is where the envelope first comes within this share (in amplitude) of its peak. */
const REACHED = 0.35;

export class AttackMeter {
  /** @param {number} rows expected */
  constructor(rows) {
    /** Largest step between neighbouring samples in each ms, as a level code: follows the highs of an attack. */
    this.codes = new Column(Uint16Array, 1, rows * 10);
    /** @private */
    this.most = 0;
    /** @private */
    this.heard = 0;
    /** @private */
    this.last = [0, 0];
  }

  /**
   * @param {Float64Array} left
   * @param {Float64Array} right
   * @param {number} from
   * @param {number} to
   */
  push(left, right, from, to) {
    let {most, heard} = this;
    let [lastLeft, lastRight] = this.last;
    for (let i = from; i < to; i++) {
      const step = Math.max(Math.abs(left[i] - lastLeft), Math.abs(right[i] - lastRight));
      lastLeft = left[i];
      lastRight = right[i];
      if (step > most) most = step;
      if (++heard === STEP) {
        this.codes.store[this.codes.append()] = codeOfPower(most * most);
        most = 0;
        heard = 0;
      }
    }
    this.last = [lastLeft, lastRight];
    this.most = most;
    this.heard = heard;
  }

  /** End the last step, though it is not full. */
  finish() {
    this.codes.store[this.codes.append()] = codeOfPower(this.most * this.most);
  }
}

/**
 * The sample at which the attack near a coarse moment begins.
 * @param {Uint16Array} envelope codes, one a ms
 * @param {number} sample
 * @returns {number}
 */
export function refineAttack(envelope, sample) {
  const around = Math.round(sample / STEP);
  const from = Math.max(0, around - BEFORE);
  const to = Math.min(envelope.length - 1, around + AFTER);
  let peak = from;
  for (let i = from; i <= to; i++) if (envelope[i] > envelope[peak]) peak = i;
  const reached = envelope[peak] + 20 * Math.log10(REACHED) * 256;
  let first = peak;
  while (first > from && envelope[first - 1] >= reached) first -= 1;
  return first * STEP + STEP / 2;
}
