// The stored form of a feature track: a JSON header and the quantised arrays behind it, 8-byte aligned.

const MAGIC = 0x5446524f; // "ORFT", little endian
export const TRACK_VERSION = 1;
const PREFIX_BYTES = 16;

/**
 * One part of the song. Times are sample positions, energy is 0 (quietest) to 1 (strongest part).
 * @typedef {{start: number, end: number, label: string, energy: number}} SectionData
 */

/**
 * What the analysis hands over; every number is already quantised, so two engines read the same picture from it.
 * Curves hold one value a row, 0..65535 for 0..1; `bands` holds rows x 64, `wave` rows x 48 (signed square roots).
 * Times are sample positions. `onsetKinds` are bit sets, see events.js.
 * @typedef {object} FeatureTrackData
 * @property {number} samples
 * @property {number} sampleRate
 * @property {number} rows
 * @property {'none'|'A'} weighting
 * @property {number|null} tempoBpm
 * @property {number} beatStrength how sure the beat is, 0..1
 * @property {number|null} integratedLufs null for silence
 * @property {number|null} truePeakDb null for silence
 * @property {number} drop sample position
 * @property {number} peak sample position
 * @property {SectionData[]} sections
 * @property {Uint16Array} bands
 * @property {Uint16Array} bass
 * @property {Uint16Array} mid
 * @property {Uint16Array} treble
 * @property {Uint16Array} loudness
 * @property {Uint16Array} intensity
 * @property {Int8Array} balance
 * @property {Int8Array} wave
 * @property {Uint32Array} onsetSamples
 * @property {Uint8Array} onsetKinds
 * @property {Uint16Array} onsetStrength
 * @property {Uint16Array} onsetLow
 * @property {Uint16Array} onsetMid
 * @property {Uint16Array} onsetHigh
 * @property {Uint32Array} beatSamples
 * @property {Uint16Array} beatStrengths
 */

/** @typedef {Uint8Array|Int8Array|Uint16Array|Uint32Array} StoredArray */
/** @typedef {{name: string, type: string, offset: number, length: number}} ArrayEntry */

const TYPES = {Uint8Array, Int8Array, Uint16Array, Uint32Array};

const SCALARS = /** @type {const} */ ([
  'samples', 'sampleRate', 'rows', 'weighting', 'tempoBpm', 'beatStrength',
  'integratedLufs', 'truePeakDb', 'drop', 'peak', 'sections',
]);

const ARRAYS = /** @type {const} */ ([
  ['bands', 'Uint16Array'], ['bass', 'Uint16Array'], ['mid', 'Uint16Array'], ['treble', 'Uint16Array'],
  ['loudness', 'Uint16Array'], ['intensity', 'Uint16Array'], ['balance', 'Int8Array'], ['wave', 'Int8Array'],
  ['onsetSamples', 'Uint32Array'], ['onsetKinds', 'Uint8Array'], ['onsetStrength', 'Uint16Array'],
  ['onsetLow', 'Uint16Array'], ['onsetMid', 'Uint16Array'], ['onsetHigh', 'Uint16Array'],
  ['beatSamples', 'Uint32Array'], ['beatStrengths', 'Uint16Array'],
]);

/** A feature track that cannot be read: cut short, not ours, or from another version. */
export class TrackFormatError extends Error {
  name = 'TrackFormatError';
}

/**
 * Bytes of the stored form, a pure function of the data.
 * @param {FeatureTrackData} data
 * @returns {ArrayBuffer}
 */
export function encodeTrack(data) {
  const {entries, size} = layOut(data);
  const header = new TextEncoder().encode(JSON.stringify({
    ...Object.fromEntries(SCALARS.map((name) => [name, data[name]])),
    arrays: entries,
  }));
  const body = align(PREFIX_BYTES + header.length);
  const buffer = new ArrayBuffer(body + size);
  new Uint32Array(buffer, 0, 4).set([MAGIC, TRACK_VERSION, header.length, 0]);
  new Uint8Array(buffer).set(header, PREFIX_BYTES);
  for (const [name] of ARRAYS) copyInto(buffer, body + offsetOf(entries, name), data[name]);
  return buffer;
}

/**
 * The data of a stored track; its arrays are views of the given buffer.
 * @param {ArrayBuffer} buffer
 * @returns {FeatureTrackData}
 */
export function decodeTrackData(buffer) {
  const header = readHeader(buffer);
  const body = align(PREFIX_BYTES + header.bytes);
  /** @type {Record<string, unknown>} */
  const data = Object.fromEntries(SCALARS.map((name) => [name, header.json[name]]));
  for (const [name, type] of ARRAYS) {
    const entry = header.json.arrays.find((/** @type {ArrayEntry} */ each) => each.name === name);
    if (!entry || entry.type !== type) throw new TrackFormatError(`The feature track has no ${name}.`);
    data[name] = viewOf(buffer, body, entry);
  }
  return /** @type {FeatureTrackData} */ (/** @type {unknown} */ (data));
}

/** @param {ArrayBuffer} buffer */
function readHeader(buffer) {
  if (buffer.byteLength < PREFIX_BYTES) throw new TrackFormatError('The feature track is cut short.');
  const [magic, version, bytes] = new Uint32Array(buffer, 0, 4);
  if (magic !== MAGIC) throw new TrackFormatError('This is not a feature track.');
  if (version !== TRACK_VERSION) throw new TrackFormatError(`Feature track version ${version} is not supported.`);
  if (PREFIX_BYTES + bytes > buffer.byteLength) throw new TrackFormatError('The feature track is cut short.');
  return {bytes, json: JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, PREFIX_BYTES, bytes)))};
}

/**
 * @param {ArrayBuffer} buffer
 * @param {number} body
 * @param {ArrayEntry} entry
 * @returns {StoredArray}
 */
function viewOf(buffer, body, entry) {
  const Type = TYPES[/** @type {keyof typeof TYPES} */ (entry.type)];
  const start = body + entry.offset;
  if (start + entry.length * Type.BYTES_PER_ELEMENT > buffer.byteLength) {
    throw new TrackFormatError('The feature track is cut short.');
  }
  return new Type(buffer, start, entry.length);
}

/** @param {FeatureTrackData} data */
function layOut(data) {
  let size = 0;
  const entries = ARRAYS.map(([name, type]) => {
    const entry = {name, type, offset: size, length: data[name].length};
    size = align(size + data[name].byteLength);
    return entry;
  });
  return {entries, size};
}

/**
 * @param {ArrayEntry[]} entries
 * @param {string} name
 */
function offsetOf(entries, name) {
  return entries[ARRAYS.findIndex(([each]) => each === name)].offset;
}

/**
 * @param {ArrayBuffer} buffer
 * @param {number} offset
 * @param {StoredArray} array
 */
function copyInto(buffer, offset, array) {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  new Uint8Array(buffer, offset, bytes.length).set(bytes);
}

/** @param {number} bytes */
function align(bytes) {
  return Math.ceil(bytes / 8) * 8;
}
