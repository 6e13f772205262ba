// Which part of an M4A's sound is the song, by its edit list or by what iTunes wrote. The rules are those by which FFmpeg
// cuts, since the service decodes with it: the start to the sample, the end to the packet.
import {boxes, movieIndex, nameAt} from './mp4-boxes.js';

/** @typedef {import('./mp4-boxes.js').Box} Box */
/** In seconds of the sound as it is stored. @typedef {{start: number, end: number}} Edit */

const MOST_EDITS = 1000;
const LONGEST_PRIMING = 16_384;

/**
 * @param {Blob} file
 * @returns {Promise<Edit>}
 */
export async function editOfMp4(file) {
  const moov = await movieIndex(file);
  return (moov && editIn(moov)) ?? {start: 0, end: Infinity};
}

/**
 * @param {Box} moov
 * @returns {Edit | null}
 */
export function editIn(moov) {
  const track = boxes(moov, 'trak').find((one) => boxes(one, 'mdia', 'hdlr').some((hdlr) => nameAt(hdlr, 8) === 'soun'));
  const [header] = track ? boxes(track, 'mdia', 'mdhd') : [];
  if (!track || !header) return null;
  const timescale = timescaleOf(header);
  const [list] = boxes(track, 'edts', 'elst');
  const edit = list && firstEdit(list);
  if (edit) {
    const [movie] = boxes(moov, 'mvhd');
    const start = edit.mediaTime / timescale;
    return {start, end: edit.duration && movie ? start + edit.duration / timescaleOf(movie) : Infinity};
  }
  const priming = boxes(moov, 'udta', 'meta', 'ilst', '----').map(itunesPriming).find(Boolean);
  return priming ? {start: priming / timescale, end: Infinity} : null;
}

/**
 * Units a second; the field stands behind two times, of 32 or of 64 bits.
 * @param {Box} header
 */
function timescaleOf({view, from}) {
  return view.getUint32(from + (view.getUint8(from) ? 20 : 12)) || 1;
}

/**
 * The first edit that plays something.
 * @param {Box} list
 */
function firstEdit({view, from, to}) {
  const isLong = view.getUint8(from) === 1;
  const bytes = isLong ? 20 : 12;
  const count = Math.min(view.getUint32(from + 4), MOST_EDITS);
  for (let i = 0, at = from + 8; i < count && at + bytes <= to; i++, at += bytes) {
    const duration = isLong ? Number(view.getBigUint64(at)) : view.getUint32(at);
    const mediaTime = isLong ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
    if (mediaTime >= 0) return {duration, mediaTime};
  }
  return null;
}

/**
 * The samples that iTunes says its encoder added in front.
 * @param {Box} tag
 */
function itunesPriming(tag) {
  const said = (/** @type {string} */ kind, /** @type {number} */ skip) =>
    boxes(tag, kind).map(({view, from, to}) => new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + from + skip, Math.max(0, to - from - skip))))[0] ?? '';
  if (said('name', 4) !== 'iTunSMPB') return 0;
  const priming = parseInt(said('data', 8).trim().split(/\s+/)[1], 16);
  return priming > 0 && priming < LONGEST_PRIMING ? priming : 0;
}
