// Cleans the PCM as it streams in and keeps the stretch around the current row at hand, at 48 kHz and at 4.8 kHz.
import {HOP} from './grid.js';

/** Samples kept before a row's centre and asked for after it: half of the longest window and the filter's half. */
export const REACH = 2400;
/** PCM is taken in blocks of this fixed size, so that the size of the caller's blocks changes nothing. */
export const BLOCK = 4800;
export const DECIMATION = 10;
/** Cut-off of the decimated copy; what folds back below 800 Hz, where it is looked at, comes from above 4 kHz. */
const SLOW_CUTOFF_HZ = 1900;
const FILTER_HALF = 32;
/** One-pole high-pass at 5 Hz: takes a DC offset away and leaves the lowest bass alone. */
const DC_POLE = 1 - (2 * Math.PI * 5) / 48_000;

/** A song begins at rest when its first millisecond stays within these 16-bit steps. */
const REST_SAMPLES = 48;
const REST_STEPS = 4;

/** One channel: cleaned samples (-1..1) and their decimated copy. */
class Channel {
  constructor() {
    this.samples = new Float64Array(2 * REACH + BLOCK + HOP);
    this.slow = new Float64Array(this.samples.length / DECIMATION);
    this.lastIn = 0;
    this.lastOut = 0;
  }

  /**
   * @param {Int16Array} pcm interleaved
   * @param {number} channel
   * @param {number} count
   * @param {number} at where to write
   */
  clean(pcm, channel, count, at) {
    let {lastIn, lastOut} = this;
    const {samples} = this;
    for (let i = 0; i < count; i++) {
      const x = pcm[2 * i + channel] / 32768;
      lastOut = x - lastIn + DC_POLE * lastOut;
      lastIn = x;
      samples[at + i] = lastOut;
    }
    this.lastIn = lastIn;
    this.lastOut = lastOut;
  }

  /** @param {number} from @param {number} to indices of the decimated copy */
  decimate(from, to) {
    const {samples, slow} = this;
    for (let m = from; m < to; m++) {
      const centre = m * DECIMATION;
      let sum = FILTER[0] * samples[centre];
      for (let j = 1; j <= FILTER_HALF; j++) sum += FILTER[j] * (samples[centre - j] + samples[centre + j]);
      slow[m] = sum;
    }
  }

  /** @param {number} count a multiple of the decimation */
  drop(count) {
    this.samples.copyWithin(0, count);
    this.slow.copyWithin(0, count / DECIMATION);
  }
}

export class Signal {
  constructor() {
    this.left = new Channel();
    this.right = new Channel();
    /** Index of the next row's centre in the buffers; before the song there is silence. */
    this.centre = REACH;
    /** @private */
    this.filled = REACH;
    /** @private */
    this.slowFilled = REACH / DECIMATION;
    /** @private */
    this.started = false;
  }

  /**
   * Take up to BLOCK samples; rows must have been taken out until `ready` is false.
   * @param {Int16Array} pcm interleaved
   * @param {number} count
   * @returns {number} where the new samples start
   */
  append(pcm, count) {
    if (!this.started) this.start(pcm, count);
    const at = this.filled;
    this.left.clean(pcm, 0, count, at);
    this.right.clean(pcm, 1, count, at);
    this.filled += count;
    this.fillSlow();
    return at;
  }

  /** Silence after the end of the song, so that its last rows have something behind them. */
  appendSilence() {
    const count = this.left.samples.length - this.filled;
    this.left.samples.fill(0, this.filled);
    this.right.samples.fill(0, this.filled);
    this.filled += count;
    this.fillSlow();
  }

  /** Whether all that the next row looks at has arrived. */
  get ready() {
    return this.filled >= this.centre + REACH;
  }

  /** Go on to the next row. */
  advance() {
    this.centre += HOP;
    if (this.ready) return;
    const spare = this.centre - REACH;
    this.left.drop(spare);
    this.right.drop(spare);
    this.filled -= spare;
    this.slowFilled -= spare / DECIMATION;
    this.centre = REACH;
  }

  /**
   * A constant offset would begin with a step that sounds like a click: take the level at which the song begins as
   * the one that was there before.
   * @param {Int16Array} pcm
   * @param {number} count
   */
  start(pcm, count) {
    this.started = true;
    this.left.lastIn = firstLevel(pcm, 0, count) / 32768;
    this.right.lastIn = firstLevel(pcm, 1, count) / 32768;
  }

  fillSlow() {
    const end = Math.floor((this.filled - FILTER_HALF - 1) / DECIMATION) + 1;
    this.left.decimate(this.slowFilled, end);
    this.right.decimate(this.slowFilled, end);
    this.slowFilled = Math.max(this.slowFilled, end);
  }
}

/**
 * The first sample of a channel that begins at rest; the mean of the first block of one that begins in a sound.
 * @param {Int16Array} pcm
 * @param {number} channel
 * @param {number} count
 */
function firstLevel(pcm, channel, count) {
  if (count === 0) return 0;
  const first = pcm[channel];
  let sum = 0;
  let rests = true;
  for (let i = 0; i < count; i++) {
    const sample = pcm[2 * i + channel];
    sum += sample;
    if (i < REST_SAMPLES && Math.abs(sample - first) > REST_STEPS) rests = false;
  }
  return rests ? first : sum / count;
}

/** One half of a symmetric windowed-sinc low-pass, centre first, unity gain. */
const FILTER = lowPass();

function lowPass() {
  const cut = (2 * SLOW_CUTOFF_HZ) / 48_000;
  const taps = Float64Array.from({length: FILTER_HALF + 1}, (_, j) => {
    const sinc = j === 0 ? cut : Math.sin(Math.PI * cut * j) / (Math.PI * j);
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * j) / (FILTER_HALF + 1)));
  });
  const gain = taps.reduce((sum, tap, j) => sum + (j === 0 ? tap : 2 * tap), 0);
  return taps.map((tap) => tap / gain);
}
