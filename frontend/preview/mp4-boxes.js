// Finds boxes in an MP4 file, whose index is read as a whole.

const LARGEST_INDEX = 64 << 20;
const MOST_BOXES = 1000;

/** The content of a box. @typedef {{view: DataView, from: number, to: number}} Box */

/**
 * @param {Blob} file
 * @returns {Promise<Box | null>} null where there is none
 */
export async function movieIndex(file) {
  for (let at = 0, i = 0; i < MOST_BOXES && at + 8 <= file.size; i++) {
    const head = new DataView(await file.slice(at, at + 16).arrayBuffer());
    const {size, start} = extent(head, 0, file.size - at);
    if (size < 8) return null;
    if (nameAt({view: head, from: 0, to: 8}, 4) === 'moov') {
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
export function boxes(box, ...path) {
  const [wanted, ...deeper] = path;
  const found = [];
  for (let at = box.from, i = 0; i < MOST_BOXES && at + 8 <= box.to; i++) {
    const {size, start} = extent(box.view, at, box.to - at);
    if (size < start) break;
    const from = at + start + (wanted === 'meta' ? 4 : 0);
    const inner = {view: box.view, from, to: Math.min(at + size, box.to)};
    if (nameAt(box, at + 4 - box.from) === wanted && inner.from <= inner.to) found.push(...(deeper.length ? boxes(inner, ...deeper) : [inner]));
    at += size;
  }
  return found;
}

/**
 * Four letters.
 * @param {Box} box
 * @param {number} at from the start of its content
 */
export function nameAt({view, from, to}, at) {
  if (from + at + 4 > to) return '';
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(from + at + i)));
}
