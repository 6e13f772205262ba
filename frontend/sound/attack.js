// Finds the moment of an attack to the millisecond, from an envelope of the signal itself.
import {Column} from './column.js';
import {codeOfPower, dbOfCode} from './decibel.js';
import {SAMPLE_RATE, WAVE_PER_ROW} from './grid.js';
import {DECIMATION} from './signal.js';

/** Samples in a step of the envelope: 1 ms. */
export const STEP = 48;
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
      const stepLeft = Math.abs(left[i] - lastLeft);
      const stepRight = Math.abs(right[i] - lastRight);
      lastLeft = left[i];
      lastRight = right[i];
      if (stepLeft > most) most = stepLeft;
      if (stepRight > most) most = stepRight;
      if (++heard === STEP) {
        this.codes.add(codeOfPower(most * most));
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
    this.codes.add(codeOfPower(this.most * this.most));
  }
}

/** Decimated samples in a step of the body's envelope: 12 steps a row, 0.83 ms each. */
const BODY_SAMPLES = 4;
const BODY_STEP = BODY_SAMPLES * DECIMATION;
/** Two one-pole low-passes at 350 Hz, and by how much they are late. */
const BODY_POLE = Math.exp((-2 * Math.PI * 350 * DECIMATION) / SAMPLE_RATE);
const BODY_DELAY = 44;

/** The envelope of the lows, for drums whose attack the rest of the music covers. */
export class BodyMeter {
  /** @param {number} rows expected */
  constructor(rows) {
    /** Largest value in each step, as a level code. */
    this.codes = new Column(Uint16Array, WAVE_PER_ROW / BODY_SAMPLES, rows);
    /** @private */
    this.states = new Float64Array(2);
  }

  /**
   * @param {Float64Array} left decimated
   * @param {Float64Array} right
   * @param {number} centre of the row
   */
  measure(left, right, centre) {
    const offset = this.codes.append();
    let [first, second] = this.states;
    for (let step = 0; step < WAVE_PER_ROW / BODY_SAMPLES; step++) {
      let most = 0;
      for (let i = 0; i < BODY_SAMPLES; i++) {
        const at = centre + step * BODY_SAMPLES + i;
        first += (left[at] + right[at] - first) * (1 - BODY_POLE);
        second += (first - second) * (1 - BODY_POLE);
        most = Math.max(most, Math.abs(second));
      }
      this.codes.store[offset + step] = codeOfPower(most * most);
    }
    this.states.set([first, second]);
  }
}

/**
 * How an attack is read from an envelope: samples in a step and by how much they are late, steps before and after
 * the coarse moment that are searched, steps before and after a point between which a rise is measured, and from
 * which share of the largest amplitude around a rise counts.
 * @typedef {{step: number, delay: number, before: number, after: number, past: number, next: number,
 *   plain: number}} Reading
 */

/** @type {Reading} */
const SHARP = {step: STEP, delay: 0, before: 12, after: 8, past: 12, next: 3, plain: 0.4};
/** Looks back over a period of the lowest notes. @type {Reading} */
const BODY = {step: BODY_STEP, delay: BODY_DELAY, before: 18, after: 24, past: 26, next: 4, plain: 0.35};
/** The earliest rise that is this share of the largest is the attack: claps are several, and the first one counts. */
const AS_GOOD_AS = 0.6;

/**
 * The sample at which the attack near a coarse moment begins: where the signal jumps, else where its lows do, else
 * the coarse moment; of a stroke with new lows, whichever comes first.
 * @param {Uint16Array} sharp envelope of the jumps
 * @param {Uint16Array} body envelope of the lows
 * @param {number} sample
 * @param {boolean} deep
 * @returns {number}
 */
export function refineAttack(sharp, body, sample, deep) {
  const jump = attackIn(sharp, sample, SHARP);
  if (jump !== null && !deep) return jump;
  const swell = attackIn(body, sample, BODY);
  return jump !== null && swell !== null ? Math.min(jump, swell) : jump ?? swell ?? sample;
}

/**
 * @param {Uint16Array} envelope
 * @param {number} sample
 * @param {Reading} reading
 */
function attackIn(envelope, sample, reading) {
  const {step, delay, before, after, plain} = reading;
  const around = Math.round((sample + delay) / step);
  const from = Math.max(0, around - before);
  const to = Math.min(envelope.length - 1, around + after);
  const rises = Array.from({length: Math.max(0, to - from + 1)}, (_, i) => riseAt(envelope, from + i, reading));
  const largest = Math.max(...rises);
  if (!(largest > plain * amplitude(largestCode(envelope, from - reading.past, to)))) return null;
  const first = from + rises.findIndex((rise) => rise >= AS_GOOD_AS * largest);
  return Math.max(0, first * step + step / 2 - delay);
}

/**
 * How far the envelope rises at a step, in amplitude, from the largest before to the largest from there on; a step
 * that is itself no higher than those before is not the beginning of anything.
 * @param {Uint16Array} envelope
 * @param {number} step
 * @param {Reading} reading
 */
function riseAt(envelope, step, {past, next}) {
  const before = largestCode(envelope, step - past, step - 1);
  const after = largestCode(envelope, step, step + next - 1);
  if (envelope[step] <= before) return 0;
  return (amplitude(after) - amplitude(before)) * Math.min(1, amplitude(envelope[step]) / (0.5 * amplitude(after)));
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
