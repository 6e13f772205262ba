// Which of an MP3's samples are the song: its encoder added silence at both ends, and may say so in a header of its own.
// The rules are those by which FFmpeg cuts, since the service decodes with it.
import {sizeOfId3} from './id3.js';

/** In samples. @typedef {{skip: number, count: number}} Trim */

/** What the decoder itself is late by. */
const DECODER_DELAY = 529;
const HEAD_BYTES = 4096;
const MOST_TAGS = 8;
/** From the start of a frame to the header: MPEG 1 in stereo, MPEG 1 mono or MPEG 2 in stereo, MPEG 2 mono. */
const PLACES = [36, 21, 13];
const ENCODERS = ['LAME', 'Lavf', 'Lavc'];

/**
 * @param {Blob} file
 * @returns {Promise<Trim>} everything where no encoder says otherwise
 */
export async function trimOfMp3(file) {
  const start = await endOfTags(file);
  const bytes = new Uint8Array(HEAD_BYTES);
  bytes.set(new Uint8Array(await file.slice(start, start + HEAD_BYTES).arrayBuffer()));
  return trimIn(bytes) ?? {skip: 0, count: Infinity};
}

/**
 * @param {Uint8Array} bytes from the first frame on
 * @returns {Trim | null}
 */
export function trimIn(bytes) {
  const text = String.fromCharCode(...bytes);
  const at = text.search(/Xing|Info/);
  const frame = PLACES.map((place) => at - place).find((place) => bytes[place] === 0xFF && (bytes[place + 1] & 0xE6) === 0xE2);
  if (at < 0 || frame === undefined || at + 180 > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const flags = view.getUint32(at + 4);
  // Number of frames, size, table of contents, quality: each is there if its flag is set.
  const encoder = at + 8 + [4, 4, 100, 4].reduce((sum, size, bit) => sum + (flags >> bit & 1 ? size : 0), 0);
  if (!ENCODERS.includes(text.slice(encoder, encoder + 4))) return null;
  const delays = view.getUint32(encoder + 20) & 0xFFFFFF;
  const samples = flags & 1 ? view.getUint32(at + 8) * ((bytes[frame + 1] >> 3 & 3) === 3 ? 1152 : 576) : 0;
  const skip = (delays >> 12) + DECODER_DELAY;
  const end = samples ? Math.min(samples, samples - (delays & 0xFFF) + DECODER_DELAY) : Infinity;
  return {skip, count: Math.max(0, end - skip)};
}

/**
 * @param {Blob} file
 * @returns {Promise<number>} where the ID3 tags in front are over
 */
export async function endOfTags(file) {
  let at = 0;
  for (let i = 0; i < MOST_TAGS; i++) {
    const size = sizeOfId3(new Uint8Array(await file.slice(at, at + 10).arrayBuffer()));
    if (!size) break;
    at += size;
  }
  return at;
}
