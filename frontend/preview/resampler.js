// Stereo of any sample rate → 48 kHz. A windowed sinc, with the parameters that FFmpeg's resampler has by default, so that
// the studio hears what the service hears: 32 taps, a Kaiser window of 9, a cutoff of 0.97 where the rate goes down.

const TAPS = 32;
const KAISER = 9;
const CUTOFF = .97;
const MOST_PHASES = 1024;
const ROOM = 1 << 15;

/** @typedef {(left: Float32Array, right: Float32Array, count: number) => void} Sink the arrays are good until it returns */

export class Resampler {
  /**
   * @param {number} from samples a second
   * @param {number} to samples a second
   * @param {Sink} sink
   * @param {boolean} [coarse] for sound of 16 bits, which FFmpeg filters with coefficients of 16 bits
   */
  constructor(from, to, sink, coarse = false) {
    const divisor = commonDivisor(from, to);
    this.from = from;
    this.to = to;
    this.sink = sink;
    this.phases = Math.min(to / divisor, MOST_PHASES);
    const factor = Math.min(1, to * CUTOFF / from);
    this.taps = 2 * Math.ceil(TAPS / factor / 2);
    this.center = (this.taps - 1) >> 1;
    this.filters = filterBank(this.taps, this.phases, factor, coarse);
    /** Input from sample `base` on, `held` of it. @type {Float32Array[]} */
    this.input = [new Float32Array(2 * ROOM), new Float32Array(2 * ROOM)];
    this.base = 0;
    this.held = 0;
    this.heard = 0;
    this.made = 0;
    this.output = [new Float32Array(ROOM), new Float32Array(ROOM)];
  }

  /**
   * @param {Float32Array} left
   * @param {Float32Array} right the same array as `left` for mono
   */
  push(left, right) {
    if (this.from === this.to) return this.sink(left, right, left.length);
    for (let at = 0; at < left.length; at += ROOM) {
      this.#take(left.subarray(at, at + ROOM), right.subarray(at, at + ROOM), left === right);
    }
  }

  /** The end of the song: its last samples, mirrored, stand for what would follow. */
  finish() {
    if (this.from === this.to || !this.heard) return;
    if (this.base === 0 && this.heard <= this.taps) this.#mirrorStart();
    const mirrored = Math.min(this.held, this.taps);
    const tail = this.input.map((channel) => channel.slice(this.held - ((mirrored + 1) >> 1), this.held).reverse());
    this.#append(tail[0], tail[1]);
    this.#filter(false);
  }

  /**
   * @param {Float32Array} left
   * @param {Float32Array} right
   * @param {boolean} isMono
   */
  #take(left, right, isMono) {
    const waits = this.base === 0 && this.heard <= this.taps;
    this.#append(left, right);
    this.heard += left.length;
    // What lies before the song is its beginning, mirrored.
    if (waits && this.heard > this.taps) this.#mirrorStart();
    if (this.heard > this.taps) this.#filter(isMono);
  }

  #mirrorStart() {
    const ahead = Math.min(this.taps, this.held - 1);
    const starts = this.input.map((channel) => channel.slice(1, 1 + ahead).reverse());
    this.input.forEach((channel, c) => {
      channel.copyWithin(this.taps, 0, this.held);
      channel.fill(0, 0, this.taps);
      channel.set(starts[c], this.taps - ahead);
    });
    this.base = -this.taps;
    this.held += this.taps;
  }

  /**
   * @param {Float32Array} left
   * @param {Float32Array} right
   */
  #append(left, right) {
    this.input[0].set(left, this.held);
    this.input[1].set(right, this.held);
    this.held += left.length;
  }

  /** @param {boolean} isMono */
  #filter(isMono) {
    const {taps, phases, center, filters, from, to, base, held} = this;
    const [left, right] = this.input;
    const [outLeft, outRight] = this.output;
    let count = 0;
    for (;;) {
      const index = Math.floor(this.made * from * phases / to) - center * phases;
      const start = Math.floor(index / phases);
      const first = start - base;
      if (first + taps > held) break;
      const filter = (index - start * phases) * taps;
      let l = 0, r = 0;
      if (isMono) {
        for (let i = 0; i < taps; i++) l += filters[filter + i] * left[first + i];
        r = l;
      } else {
        for (let i = 0; i < taps; i++) {
          const c = filters[filter + i];
          l += c * left[first + i];
          r += c * right[first + i];
        }
      }
      outLeft[count] = l;
      outRight[count] = r;
      this.made++;
      if (++count === ROOM) {
        this.sink(outLeft, outRight, count);
        count = 0;
      }
    }
    if (count) this.sink(outLeft, outRight, count);
    this.#forget();
  }

  #forget() {
    const next = Math.floor(this.made * this.from / this.to) - this.center - 1;
    const gone = Math.min(this.held, Math.max(0, next - this.base));
    this.input.forEach((channel) => channel.copyWithin(0, gone, this.held));
    this.base += gone;
    this.held -= gone;
  }
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function commonDivisor(a, b) {
  return b ? commonDivisor(b, a % b) : a;
}

/**
 * One filter for each phase, one behind the other; each sums up to 1.
 * @param {number} taps
 * @param {number} phases
 * @param {number} factor of the passband
 * @param {boolean} coarse
 */
function filterBank(taps, phases, factor, coarse) {
  const center = (taps - 1) >> 1;
  const bank = new Float64Array(taps * phases);
  for (let phase = 0; phase < phases; phase++) {
    const filter = bank.subarray(phase * taps, (phase + 1) * taps);
    for (let i = 0; i < taps; i++) {
      const at = i - center - phase / phases;
      const x = Math.PI * at * factor;
      const w = 2 * at / taps;
      filter[i] = (x === 0 ? 1 : Math.sin(x) / x) * bessel(KAISER * Math.sqrt(Math.max(0, 1 - w * w)));
    }
    const sum = filter.reduce((all, one) => all + one, 0);
    for (let i = 0; i < taps; i++) filter[i] = coarse ? Math.round(filter[i] / sum * 32768) / 32768 : filter[i] / sum;
  }
  return bank;
}

/**
 * The modified Bessel function of the first kind and order 0.
 * @param {number} x
 */
function bessel(x) {
  let sum = 1;
  for (let k = 1, term = 1; term > sum * 1e-16; k++) sum += term *= (x / 2 / k) ** 2;
  return sum;
}
