// Finds the moment of an attack to the millisecond, from an envelope of the signal itself.
import {Column} from './column.js';
import {codeOfPower, dbOfCode} from './decibel.js';

/** Samples in a step of the envelope: 1 ms. */
export const STEP = 48;
/** How far around the coarse moment the attack is looked for, in steps. */
const BEFORE = 12;
const AFTER = 8;
/** Steps before and after a moment between which a rise is measured. */
const PAST = 6;
const NEXT = 3;
/** The earliest rise that is this share of the largest is the attack: claps are several, and the first one counts. */
const AS_GOOD_AS = 0.6;

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
  const rises = Array.from({length: Math.max(0, to - from + 1)}, (_, i) => riseAt(envelope, from + i));
  const wanted = AS_GOOD_AS * Math.max(...rises);
  const first = from + rises.findIndex((rise) => rise >= wanted);
  return first * STEP + STEP / 2;
}

/**
 * How far the envelope rises at a step, in amplitude, from the largest before to the largest from there on; a step
 * that is itself no higher than those before is not the beginning of anything.
 * @param {Uint16Array} envelope
 * @param {number} step
 */
function riseAt(envelope, step) {
  const past = largestCode(envelope, step - PAST, step - 1);
  const next = largestCode(envelope, step, step + NEXT - 1);
  if (envelope[step] <= past) return 0;
  return (amplitude(next) - amplitude(past)) * Math.min(1, amplitude(envelope[step]) / (0.3 * amplitude(next)));
}

/** @param {Uint16Array} envelope @param {number} from @param {number} to */
function largestCode(envelope, from, to) {
  let most = 0;
  for (let i = Math.max(0, from); i <= Math.min(envelope.length - 1, to); i++) most = Math.max(most, envelope[i]);
  return most;
}

/** @param {number} code */
function amplitude(code) {
  return code === 0 ? 0 : 10 ** (dbOfCode(code) / 20);
}
