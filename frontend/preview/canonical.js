// Decoded sound → canonical PCM (48 kHz, 16 bit, stereo) as a WAV file, and the feature track of it.
import {Analyser} from '../sound/analyse.js';
import {SAMPLE_RATE} from '../sound/grid.js';
import {encodeTrack} from '../sound/track.js';
import {Resampler} from './resampler.js';
import {SongError} from './song-error.js';
import {toStereo} from './stereo.js';

const HEADER_BYTES = 44;
const BYTES_PER_SAMPLE = 4;
/** Samples in one piece of the file; the browser keeps finished pieces, on disk if there are many. */
const PIECE = 1 << 18;
/** The longest song, in samples. */
const LONGEST = 3600 * SAMPLE_RATE;

export class Canonical {
  /** @param {number} expected samples, or 0 where nobody knows */
  constructor(expected) {
    this.analyser = new Analyser({totalSamples: Math.min(expected, LONGEST)});
    this.samples = 0;
    /** @type {Blob[]} */
    this.pieces = [];
    this.piece = new Int16Array(2 * PIECE);
    this.filled = 0;
    /** @type {Resampler | null} */
    this.resampler = null;
    this.skip = 0;
    this.left = Infinity;
  }

  /**
   * What belongs to the song, in samples of the source: encoders add some at both ends.
   * @param {number} skip
   * @param {number} [count]
   */
  trim(skip, count = Infinity) {
    this.skip = skip;
    this.left = count;
  }

  /**
   * The next stretch of sound, of any rate and any number of channels.
   * @param {Float32Array[]} channels
   * @param {number} rate samples a second
   * @param {boolean} [coarse] whether the source has 16 bits or less
   */
  push(channels, rate, coarse = false) {
    const from = Math.min(this.skip, channels[0].length);
    const to = Math.min(channels[0].length, from + this.left);
    this.skip -= from;
    this.left -= to - from;
    if (to === from) return;
    if (this.resampler?.from !== rate) this.#restart(rate, coarse);
    const [left, right] = toStereo(channels.map((channel) => channel.subarray(from, to)));
    this.resampler?.push(left, right);
  }

  /**
   * @param {number} rate
   * @param {boolean} coarse
   */
  #restart(rate, coarse) {
    this.resampler?.finish();
    this.resampler = new Resampler(rate, SAMPLE_RATE, (left, right, count) => this.#write(left, right, count, coarse), coarse);
  }

  /**
   * @param {Float32Array} left
   * @param {Float32Array} right
   * @param {number} count
   * @param {boolean} coarse
   */
  #write(left, right, count, coarse) {
    const round = coarse ? halfUp : halfEven;
    for (let i = 0; i < count; i++) {
      this.piece[this.filled++] = round(left[i] * 32768);
      this.piece[this.filled++] = round(right[i] * 32768);
      if (this.filled === this.piece.length) this.#keepPiece();
    }
    this.samples += count;
    if (this.samples > LONGEST) throw new SongError('too long');
  }

  #keepPiece() {
    const piece = this.piece.subarray(0, this.filled);
    this.analyser.push(piece);
    this.pieces.push(new Blob([piece]));
    this.filled = 0;
  }

  /**
   * The whole song; this object is spent afterwards.
   * @returns {{pcm: Blob, samples: number, track: ArrayBuffer}}
   */
  finish() {
    this.resampler?.finish();
    if (!this.samples) throw new SongError('empty');
    this.#keepPiece();
    const pcm = new Blob([wavHeader(this.samples), ...this.pieces], {type: 'audio/wav'});
    return {pcm, samples: this.samples, track: encodeTrack(this.analyser.finish())};
  }
}

/** @param {number} x */
function halfUp(x) {
  const whole = Math.floor(x + .5);
  return whole > 32767 ? 32767 : whole < -32768 ? -32768 : whole;
}

/**
 * As FFmpeg rounds floating point: to the even neighbour in the middle.
 * @param {number} x
 */
function halfEven(x) {
  let whole = Math.floor(x + .5);
  if (whole - x === .5 && whole & 1) whole -= 1;
  return whole > 32767 ? 32767 : whole < -32768 ? -32768 : whole;
}

/**
 * @param {number} samples
 * @returns {ArrayBuffer}
 */
export function wavHeader(samples) {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  const bytes = samples * BYTES_PER_SAMPLE;
  const text = (/** @type {number} */ at, /** @type {string} */ word) =>
    Array.from(word).forEach((letter, i) => header.setUint8(at + i, letter.charCodeAt(0)));
  text(0, 'RIFF');
  header.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  text(8, 'WAVEfmt ');
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 2, true);
  header.setUint32(24, SAMPLE_RATE, true);
  header.setUint32(28, SAMPLE_RATE * BYTES_PER_SAMPLE, true);
  header.setUint16(32, BYTES_PER_SAMPLE, true);
  header.setUint16(34, 16, true);
  text(36, 'data');
  header.setUint32(40, bytes, true);
  return /** @type {ArrayBuffer} */ (header.buffer);
}
