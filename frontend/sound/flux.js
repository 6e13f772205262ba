// Spectral flux: how much louder each frequency range has become, every 5 ms.
import {Column} from './column.js';
import {DB_PER_NEPER} from './decibel.js';
import {HOP, SAMPLE_RATE} from './grid.js';

/** Frames of the fine grid in a row of the track. */
export const FRAMES_PER_ROW = 2;
export const FRAME_SAMPLES = HOP / FRAMES_PER_ROW;
export const FRAME_S = FRAME_SAMPLES / SAMPLE_RATE;

/** Edges in bins of the decimated spectrum (18.75 Hz): 28 to 103 Hz. */
const LOW_EDGES = [2, 4, 6];
/** Edges in bins of the 512 spectrum (93.75 Hz): 190 Hz to 5.3 kHz, then to 16 kHz. */
const MID_EDGES = [2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 28, 36, 46, 57];
const HIGH_EDGES = [57, 73, 93, 119, 151, 171];

/** Ranges of bands in a frame: [first, end). */
export const LOW = {first: 0, end: LOW_EDGES.length - 1};
export const MID = {first: LOW.end, end: LOW.end + MID_EDGES.length - 1};
export const HIGH = {first: MID.end, end: MID.end + HIGH_EDGES.length - 1};
export const FLUX_BANDS = HIGH.end;

/** 190 to 470 Hz, through which the pitch of a kick falls. */
export const THUMP = {first: MID.first, end: MID.first + 3};
/** The upper mids, 1.6 to 5.3 kHz, where snares and claps crack. */
export const CRACK = {first: MID.end - 5, end: MID.end};

/** @typedef {{first: number, end: number}} Range */

/** Codes are half dB steps from this level on; 0 is below it. */
const LOWEST_DB = -115;

export class FluxMeter {
  /** @param {number} rows expected */
  constructor(rows) {
    this.codes = new Column(Uint8Array, FLUX_BANDS, rows * FRAMES_PER_ROW);
  }

  /**
   * Add a frame.
   * @param {Float64Array} lowPower decimated spectrum, 256 points at 4.8 kHz
   * @param {Float64Array} power 512 points at 48 kHz
   */
  measure(lowPower, power) {
    let at = this.codes.append();
    const {store} = this.codes;
    at = writeCodes(lowPower, LOW_EDGES, store, at);
    at = writeCodes(power, MID_EDGES, store, at);
    writeCodes(power, HIGH_EDGES, store, at);
  }
}

/**
 * @param {Float64Array} power
 * @param {number[]} edges
 * @param {Uint8Array} store
 * @param {number} at
 */
function writeCodes(power, edges, store, at) {
  for (let band = 0; band + 1 < edges.length; band++) {
    let sum = 0;
    for (let k = edges[band]; k < edges[band + 1]; k++) sum += power[k];
    const code = sum > 1e-12 ? Math.round(2 * (DB_PER_NEPER * Math.log(sum) - LOWEST_DB)) : 0;
    store[at++] = code < 0 ? 0 : code > 255 ? 255 : code;
  }
  return at;
}

/** How far below a band's loudest level the ear of the detector reaches. */
const KNEE_DB = 40;
/** A band far below the loudest one is not lifted all the way: it may hold nothing but noise. */
const MOST_LIFT_DB = 30;
/** Bands whose loudest level lies below this (-80 dB) are silent. */
const SILENT_CODE = 2 * (-80 - LOWEST_DB);

/**
 * For each band two tables from code to level, the same for quiet and loud songs. `heard` is logarithmic and finds
 * what is new even where it is soft; `seen` is the root of the amplitude, 1 at the band's loudest, and tells how
 * large it is.
 * @typedef {{heard: Float32Array, seen: Float32Array}} BandTables
 */

/**
 * @param {Uint8Array} codes
 * @returns {BandTables[]}
 */
export function levelTables(codes) {
  const loud = Array.from({length: FLUX_BANDS}, (_, band) => loudCode(codes, band));
  const loudest = Math.max(...loud);
  return loud.map((code) => {
    const reference = Math.max(code, loudest - 2 * MOST_LIFT_DB);
    /** @param {(db: number) => number} level */
    const table = (level) => Float32Array.from({length: 256}, (_, c) =>
      c === 0 || loudest < SILENT_CODE ? 0 : level((c - reference) / 2));
    return {
      heard: table((db) => Math.log(1 + 10 ** ((db + KNEE_DB) / 20))),
      seen: table((db) => Math.min(1.2, 10 ** (db / 40))),
    };
  });
}

/**
 * The level that a band stays under 99 % of the time in which it sounds at all.
 * @param {Uint8Array} codes
 * @param {number} band
 */
function loudCode(codes, band) {
  const histogram = new Uint32Array(256);
  for (let i = band; i < codes.length; i += FLUX_BANDS) histogram[codes[i]] += 1;
  let above = 0.01 * (codes.length / FLUX_BANDS - histogram[0]);
  let code = 255;
  while (code > 0 && (above -= histogram[code]) >= 0) code -= 1;
  return code;
}

/**
 * Mean rise of a range's bands above all that was heard from `nearest` to `farthest` frames before; falling bands
 * count as nothing. Looking back over 25 ms rather than at one moment keeps a distorted bass, which clicks once in
 * each of its periods, from counting as a roll of onsets.
 * @param {Uint8Array} codes
 * @param {BandTables[]} tables
 * @param {Range} range
 * @param {number} nearest
 * @param {number} farthest
 * @returns {Float32Array} one number a frame
 */
export function novelty(codes, tables, range, nearest, farthest) {
  const frames = codes.length / FLUX_BANDS;
  const out = new Float32Array(frames);
  const width = range.end - range.first;
  for (let band = range.first; band < range.end; band++) {
    const {heard} = tables[band];
    for (let frame = 0; frame < frames; frame++) {
      let most = 0;
      for (let past = Math.max(0, frame - farthest); past <= frame - nearest; past++) {
        const code = codes[past * FLUX_BANDS + band];
        if (code > most) most = code;
      }
      const code = codes[frame * FLUX_BANDS + band];
      if (code > most) out[frame] += (heard[code] - heard[most]) / width;
    }
  }
  return out;
}

/**
 * Mean visible level of a range's bands over some frames, silence outside the song.
 * @param {Uint8Array} codes
 * @param {BandTables[]} tables
 * @param {Range} range
 * @param {number} from first frame
 * @param {number} to last frame
 */
export function meanLevel(codes, tables, range, from, to) {
  const frames = codes.length / FLUX_BANDS;
  let sum = 0;
  for (let frame = Math.max(0, from); frame <= Math.min(frames - 1, to); frame++) {
    for (let band = range.first; band < range.end; band++) sum += tables[band].seen[codes[frame * FLUX_BANDS + band]];
  }
  return sum / ((to - from + 1) * (range.end - range.first));
}
