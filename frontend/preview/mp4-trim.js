// Which part of an M4A's sound is the song, by its edit list or by what iTunes wrote. The rules are those by which FFmpeg
// cuts, since the service decodes with it: the start to the sample, the end to the packet.

/** In seconds of the sound as it is stored. @typedef {{start: number, end: number}} Edit */

const LARGEST_INDEX = 64 << 20;
const MOST_BOXES = 1000;
const LONGEST_PRIMING = 16_384;

/** @typedef {{view: DataView, from: number, to: number}} Box content of a box */

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
  const track = boxes(moov, 'trak').find((one) => boxes(one, 'mdia', 'hdlr').some((hdlr) => name(hdlr, 8) === 'soun'));
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

/** @param {Blob} file */
async function movieIndex(file) {
  for (let at = 0, i = 0; i < MOST_BOXES && at + 8 <= file.size; i++) {
    const head = new DataView(await file.slice(at, at + 16).arrayBuffer());
    const {size, start} = extent(head, 0, file.size - at);
    if (size < 8) return null;
    if (name({view: head, from: 0, to: 8}, 4) === 'moov') {
      const view = new DataView(await file.slice(at + start, at + Math.min(size, LARGEST_INDEX)).arrayBuffer());
      return {view, from: 0, to: view.byteLength};
    }
    at += size;
  }
  return null;
}

/**
 * Where the content of a box starts and the box ends, from its own beginning.
 * @param {DataView} view
 * @param {number} at
 * @param {number} rest bytes up to the end of what holds it
 */
function extent(view, at, rest) {
  const said = view.getUint32(at);
  if (said === 1 && at + 16 <= view.byteLength) return {size: Number(view.getBigUint64(at + 8)), start: 16};
  return {size: said || rest, start: 8};
}

/**
 * The boxes at the end of a path.
 * @param {Box} box
 * @param {...string} path
 * @returns {Box[]}
 */
function boxes(box, ...path) {
  const [wanted, ...deeper] = path;
  const found = [];
  for (let at = box.from, i = 0; i < MOST_BOXES && at + 8 <= box.to; i++) {
    const {size, start} = extent(box.view, at, box.to - at);
    if (size < start) break;
    const from = at + start + (wanted === 'meta' ? 4 : 0);
    const inner = {view: box.view, from, to: Math.min(at + size, box.to)};
    if (name(box, at + 4 - box.from) === wanted && inner.from <= inner.to) found.push(...(deeper.length ? boxes(inner, ...deeper) : [inner]));
    at += size;
  }
  return found;
}

/**
 * Four letters.
 * @param {Box} box
 * @param {number} at from the start of its content
 */
function name({view, from, to}, at) {
  if (from + at + 4 > to) return '';
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(from + at + i)));
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
  const count = Math.min(view.getUint32(from + 4), MOST_BOXES);
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
