// The stretches of an MP3 with one number of channels and one rate each: a decoder is set up for one such pair. Nearly
// every file has a single one. All frames are counted on the way, since what a file says of its length is often wrong.
import {endOfTags} from './mp3-trim.js';

/** @typedef {{file: Blob, seconds: number}} Part */
/** @typedef {{size: number, samples: number, rate: number, channels: number}} Frame */

const BLOCK_BYTES = 1 << 20;
const HEADER_BYTES = 4;
/** Junk that happens to look like one header is common; three that follow each other are not. */
const FRAMES_IN_A_ROW = 3;
const MOST_JUNK = 8 << 20;
const KBITS = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/** By version: 2.5, reserved, 2, 1. */
const RATES = [[11_025, 12_000, 8_000], [], [22_050, 24_000, 16_000], [44_100, 48_000, 32_000]];
const MONO = 3;

/**
 * @param {Blob} file
 * @returns {Promise<Part[]>} none where there are no frames that can be counted
 */
export async function partsOfMp3(file) {
  const bytes = new Bytes(file);
  /** @type {{at: number, form: string, seconds: number}[]} */
  const found = [];
  let isInStep = false;
  for (let at = await endOfTags(file), end = at; at >= 0 && at - end < MOST_JUNK;) {
    const frame = await frameAt(bytes, at);
    if (frame && (isInStep || await framesFollow(bytes, at))) {
      const form = formOf(frame);
      let part = found.at(-1);
      if (part?.form !== form && await framesFollow(bytes, at)) found.push(part = {at, form, seconds: 0});
      if (part) part.seconds += frame.samples / frame.rate;
      isInStep = true;
      end = at += frame.size;
    } else {
      isInStep = false;
      at = await bytes.find(0xFF, at + 1);
    }
  }
  return found.map(({at, seconds}, i) => ({file: file.slice(i ? at : 0, found[i + 1]?.at ?? file.size), seconds}));
}

/** @param {Frame} frame */
const formOf = ({rate, channels}) => `${rate} ${channels}`;

/**
 * Whether three frames of one form are here, or as many as the file still has.
 * @param {Bytes} bytes
 * @param {number} at
 */
async function framesFollow(bytes, at) {
  const first = await frameAt(bytes, at);
  for (let i = 0; first && i < FRAMES_IN_A_ROW; i++) {
    if (i && at + HEADER_BYTES > bytes.size) return true;
    const frame = await frameAt(bytes, at);
    if (!frame || formOf(frame) !== formOf(first)) return false;
    at += frame.size;
  }
  return first !== null;
}

/**
 * @param {Bytes} bytes
 * @param {number} at
 * @returns {Promise<Frame | null>} null for a reserved value or the rare free format
 */
async function frameAt(bytes, at) {
  const [sync, kind, form, mode] = await bytes.at(at, HEADER_BYTES);
  if (sync !== 0xFF || (kind & 0xE6) !== 0xE2) return null;
  const version = kind >> 3 & 3;
  const isFirst = version === 3;
  const kbits = KBITS[isFirst ? 0 : 1][form >> 4];
  const rate = RATES[version][form >> 2 & 3];
  if (!kbits || !rate) return null;
  const samples = isFirst ? 1152 : 576;
  return {size: Math.floor(samples / 8 * kbits * 1000 / rate) + (form >> 1 & 1), samples, rate, channels: mode >> 6 === MONO ? 1 : 2};
}

/** A file, read in blocks. */
class Bytes {
  #file;
  #start = 0;
  #block = new Uint8Array();

  /** @param {Blob} file */
  constructor(file) {
    this.#file = file;
  }

  get size() {
    return this.#file.size;
  }

  /**
   * @param {number} at
   * @param {number} count fewer at the file's end
   */
  async at(at, count) {
    if (at < this.#start || at + count > this.#start + this.#block.length) {
      this.#block = new Uint8Array(await this.#file.slice(at, at + BLOCK_BYTES).arrayBuffer());
      this.#start = at;
    }
    return this.#block.subarray(at - this.#start, at - this.#start + count);
  }

  /**
   * @param {number} byte
   * @param {number} from
   * @returns {Promise<number>} where it is found first; -1 where it is nowhere
   */
  async find(byte, from) {
    for (let at = from; at < this.size; at = this.#start + this.#block.length) {
      await this.at(at, 1);
      const found = this.#block.indexOf(byte, at - this.#start);
      if (found >= 0) return this.#start + found;
    }
    return -1;
  }
}
