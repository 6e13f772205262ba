// Reads a WAV, RF64 or BW64 file in pieces, by the rules of wav.py: headers in the field promise too much or too little.

const MOST_CHUNKS = 1000;
const EXTENSIBLE = 0xFFFE;
const LARGEST = 2 ** 48;
const PIECE_BYTES = 1 << 20;

/** @typedef {(view: DataView, at: number) => number} Read one sample, -1..1 */
/** @typedef {{tag: number, channels: number, rate: number, block: number}} Form */
/**
 * Where the samples lie and how they are stored.
 * @typedef {Form & {start: number, bytes: number, read: Read, width: number, coarse: boolean}} WavSound
 */

/** By format and bytes of a sample: the upper bits are the valid ones. @type {Record<string, Read>} */
const READERS = {
  '1/1': (view, at) => (view.getUint8(at) - 128) / 128,
  '1/2': (view, at) => view.getInt16(at, true) / 32768,
  '1/3': (view, at) => (view.getUint8(at) | view.getInt16(at + 1, true) << 8) / 8388608,
  '1/4': (view, at) => view.getInt32(at, true) / 2147483648,
  '1/8': (view, at) => view.getInt32(at + 4, true) / 2147483648,
  '3/4': (view, at) => view.getFloat32(at, true),
  '3/8': (view, at) => view.getFloat64(at, true),
  '6/1': (view, at) => aLaw(view.getUint8(at)) / 32768,
  '7/1': (view, at) => muLaw(view.getUint8(at)) / 32768,
};

/** @param {number} byte */
function aLaw(byte) {
  const value = byte ^ 0x55;
  const exponent = value >> 4 & 7;
  const mantissa = (value & 15) << 4;
  const level = exponent ? (mantissa + 0x108) << (exponent - 1) : mantissa + 8;
  return value & 0x80 ? level : -level;
}

/** @param {number} byte */
function muLaw(byte) {
  const value = ~byte & 0xFF;
  const level = ((((value & 15) << 3) + 0x84) << (value >> 4 & 7)) - 0x84;
  return value & 0x80 ? -level : level;
}

/**
 * @param {Blob} file
 * @returns {Promise<boolean>}
 */
export async function isWav(file) {
  const head = new TextDecoder('latin1').decode(await file.slice(0, 12).arrayBuffer());
  return ['RIFF', 'RF64', 'BW64'].includes(head.slice(0, 4)) && head.slice(8) === 'WAVE';
}

/**
 * @param {Blob} file
 * @returns {Promise<WavSound | null>} null for what is no plain PCM
 */
export async function readWav(file) {
  let large = 0;
  /** @type {Form | null} */
  let form = null;
  for (let at = 12, i = 0; i < MOST_CHUNKS && at + 8 <= file.size; i++) {
    const {name, size} = await chunkAt(file, at);
    const start = at + 8;
    if (name === 'ds64') large = Number((await viewOf(file, start, 24)).getBigUint64(8, true));
    else if (name === 'fmt ') form = formOf(await viewOf(file, start, Math.min(size, 40)));
    else if (name === 'data') return form && soundOf(file, form, start, size, large);
    at = start + size + size % 2;
  }
  return null;
}

/**
 * @param {Blob} file
 * @param {string} name four letters
 * @returns {Promise<number | null>} where the content of the first such chunk begins
 */
export async function chunkOfWav(file, name) {
  for (let at = 12, i = 0; i < MOST_CHUNKS && at + 8 <= file.size; i++) {
    const chunk = await chunkAt(file, at);
    if (chunk.name === name) return at + 8;
    at += 8 + chunk.size + chunk.size % 2;
  }
  return null;
}

/**
 * The samples, one array a channel, in pieces of about a megabyte.
 * @param {Blob} file
 * @param {WavSound} sound
 * @returns {AsyncGenerator<Float32Array[]>}
 */
export async function* wavPieces(file, {start, bytes, read, width, channels, block}) {
  const piece = Math.max(1, Math.floor(PIECE_BYTES / block)) * block;
  for (let at = 0; at < bytes; at += piece) {
    const view = new DataView(await file.slice(start + at, start + Math.min(at + piece, bytes)).arrayBuffer());
    const count = Math.floor(view.byteLength / block);
    yield Array.from({length: channels}, (_, c) => {
      const out = new Float32Array(count);
      for (let i = 0, from = c * width; i < count; i++, from += block) out[i] = read(view, from);
      return out;
    });
  }
}

/**
 * @param {Blob} file
 * @param {number} at
 */
async function chunkAt(file, at) {
  const view = await viewOf(file, at, 8);
  return {name: String.fromCharCode(...new Uint8Array(view.buffer, 0, 4)), size: view.getUint32(4, true)};
}

/**
 * @param {Blob} file
 * @param {number} at
 * @param {number} bytes
 */
async function viewOf(file, at, bytes) {
  const view = new Uint8Array(bytes);
  view.set(new Uint8Array(await file.slice(at, at + bytes).arrayBuffer()));
  return new DataView(view.buffer);
}

/**
 * @param {DataView} view
 * @returns {Form | null}
 */
function formOf(view) {
  if (view.byteLength < 16) return null;
  const said = view.getUint16(0, true);
  const tag = said === EXTENSIBLE && view.byteLength >= 26 ? view.getUint16(24, true) : said;
  const form = {tag, channels: view.getUint16(2, true), rate: view.getUint32(4, true), block: view.getUint16(12, true)};
  const usable = form.channels >= 1 && form.channels <= 64 && form.rate >= 1000 && form.rate <= 768_000 && form.block;
  return usable ? form : null;
}

/**
 * @param {Blob} file
 * @param {Form} form
 * @param {number} start
 * @param {number} size
 * @param {number} large the size in an RF64's own chunk, or 0
 * @returns {Promise<WavSound | null>}
 */
async function soundOf(file, form, start, size, large) {
  const width = form.block / form.channels;
  const read = READERS[`${form.tag}/${width}`];
  if (!read) return null;
  const there = file.size - start;
  const said = large || size;
  const unknown = isPlaceholder(said) || said > LARGEST || await goesOn(file, start + said + said % 2, said, form);
  const readable = unknown ? there : Math.min(said, there);
  const coarse = form.tag === 1 ? width <= 2 : form.tag !== 3;
  return {...form, start, bytes: readable - readable % form.block, read, width, coarse};
}

/**
 * Programs that write into a pipe leave a size near the end of a signed or an unsigned number of 32 bits.
 * @param {number} size
 */
function isPlaceholder(size) {
  return (size >= 0x7FFF0000 && size <= 0x80000000) || (size >= 0xFFFF0000 && size < 0x100000000);
}

/**
 * Whether samples follow behind the end that the header names, because nobody has updated its size.
 * @param {Blob} file
 * @param {number} end
 * @param {number} said
 * @param {Form} form
 */
async function goesOn(file, end, said, form) {
  if (file.size - end < Math.floor(form.block * form.rate / 10)) return false;
  const next = Array.from(new Uint8Array(await file.slice(end, end + 4).arrayBuffer()));
  const isChunk = next.every((byte) => byte >= 0x20 && byte <= 0x7E);
  return !isChunk && (!said || next.some(Boolean));
}
