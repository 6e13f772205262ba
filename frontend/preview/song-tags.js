// A song's tags, by the rules of the service (tags.py): all artists, and the picture that is its cover.
import {readId3} from './id3.js';
import {boxes, movieIndex} from './mp4-boxes.js';
import {chunkOfWav, isWav} from './wav-file.js';

/** @typedef {import('./id3.js').Picture} Picture */
/** @typedef {{artists: string[], pictures: Picture[]}} Tags */

const [FRONT, OTHER] = [3, 0];
const ICONS = [1, 2];
const MOST_PICTURES = 16;
/** In front of a picture stand its label and a description; labels are empty or wrong too often. */
const LONGEST_LABEL = 2048;
/** In front of a value in an MP4: its type and its language. */
const VALUE_HEADER_BYTES = 8;

/**
 * @param {Blob} file
 * @returns {Promise<{artists: string[], cover: Blob | null}>}
 */
export async function readTags(file) {
  const {artists, pictures} = await tagsOf(file);
  return {artists, cover: await coverAmong(pictures)};
}

/**
 * @param {Blob} file
 * @returns {Promise<Tags>}
 */
async function tagsOf(file) {
  if (await isWav(file)) {
    const chunk = await chunkOfWav(file, 'id3 ') ?? await chunkOfWav(file, 'ID3 ');
    return chunk === null ? {artists: [], pictures: []} : readId3(file, chunk);
  }
  const index = await movieIndex(file);
  return index ? tagsOfMp4(index) : readId3(file, 0);
}

/**
 * @param {import('./mp4-boxes.js').Box} index
 * @returns {Tags}
 */
function tagsOfMp4(index) {
  const values = (/** @type {string} */ name) => boxes(index, 'udta', 'meta', 'ilst', name, 'data')
    .map(({view, from, to}) => new Uint8Array(view.buffer, view.byteOffset + from, to - from).subarray(VALUE_HEADER_BYTES));
  const artists = values('©ART').map((value) => new TextDecoder().decode(value).trim());
  return {
    artists: [...new Set(artists)].filter(Boolean),
    pictures: values('covr').map((content) => ({kind: FRONT, content})),
  };
}

/**
 * The front cover, else another picture, an icon last; a broken one does not hide a good one.
 * @param {Picture[]} pictures
 */
async function coverAmong(pictures) {
  const begun = pictures.flatMap(({kind, content}) => {
    const start = startOf(content.subarray(0, LONGEST_LABEL));
    return start < 0 ? [] : [{kind, content: content.subarray(start)}];
  }).slice(0, MOST_PICTURES);
  for (const {content} of begun.sort((one, other) => rank(one.kind) - rank(other.kind))) {
    const picture = new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (content)], {type: mimeOf(content)});
    if (await isWhole(picture)) return picture;
  }
  return null;
}

/** @param {number} kind */
function rank(kind) {
  if (kind === FRONT) return 0;
  return kind === OTHER ? 1 : ICONS.includes(kind) ? 3 : 2;
}

/**
 * @param {Uint8Array} bytes
 * @returns {number} where a picture begins; -1 where none does
 */
function startOf(bytes) {
  return String.fromCharCode(...bytes).search(/\x89PNG\r\n\x1a\n|\xff\xd8\xff|RIFF[^]{4}WEBP/);
}

/** @param {Uint8Array} picture */
function mimeOf([first]) {
  return first === 0x89 ? 'image/png' : first === 0xFF ? 'image/jpeg' : 'image/webp';
}

/** @param {Blob} picture */
function isWhole(picture) {
  return createImageBitmap(picture).then((bitmap) => (bitmap.close(), true), () => false);
}
