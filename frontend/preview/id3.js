// All artists and all pictures in the ID3 tags of a file, by the rules of id3.py.

/** @typedef {{version: number, escaped: boolean, bytes: Uint8Array}} Tag `escaped`: each frame by itself */
/** @typedef {{kind: number, content: Uint8Array}} Picture `kind` is ID3's picture type; the content has a label in front */

const HEADER_BYTES = 10;
const MOST_TAGS = 8;
const MOST_FRAMES = 1000;
const LARGEST_TAG = 32 << 20;
const ENCODINGS = ['latin1', 'utf-16', 'utf-16be', 'utf-8'];

const [UNSYNCHRONISED, EXTENDED, FOOTER] = [0x80, 0x40, 0x10];
/** Flags of a frame, by version of the tag. */
const GROUPED = [0, 0, 0, 0x20, 0x40];
const LOCKED = [0, 0, 0, 0xC0, 0x0C];
const [UNSYNCHRONISED_4, WITH_LENGTH_4] = [0x02, 0x01];

/**
 * @param {Blob} file
 * @param {number} at where the first tag begins
 * @returns {Promise<{artists: string[], pictures: Picture[]}>}
 */
export async function readId3(file, at) {
  /** @type {string[]} */
  const artists = [];
  /** @type {Picture[]} */
  const pictures = [];
  for (const tag of await tagsAt(file, at)) {
    for (const {name, content} of framesOf(tag)) {
      if (name === 'TPE1' || name === 'TP1') artists.push(...textOf(content).split('\0').map((value) => value.trim()));
      if (name === 'APIC' || name === 'PIC') {
        // An image format of three letters, or a MIME type that ends with a zero.
        const kindAt = tag.version === 2 ? 4 : content.indexOf(0, 1) + 1;
        if (kindAt > 0 && kindAt < content.length) pictures.push({kind: content[kindAt], content: content.subarray(kindAt + 1)});
      }
    }
  }
  return {artists: [...new Set(artists)].filter(Boolean), pictures};
}

/**
 * @param {Uint8Array} head
 * @returns {number} bytes of the tag that begins with these; 0 where none does
 */
export function sizeOfId3(head) {
  const isTag = head.length >= HEADER_BYTES && String.fromCharCode(...head.subarray(0, 3)) === 'ID3';
  if (!isTag || head.subarray(6, HEADER_BYTES).some((byte) => byte > 0x7F)) return 0;
  return HEADER_BYTES + synchsafe(head, 6) + (head[5] & FOOTER ? HEADER_BYTES : 0);
}

/**
 * @param {Blob} file
 * @param {number} at
 */
async function tagsAt(file, at) {
  /** @type {Tag[]} */
  const tags = [];
  for (let i = 0; i < MOST_TAGS; i++) {
    const head = await bytesOf(file, at, HEADER_BYTES);
    const size = sizeOfId3(head);
    if (!size) break;
    const tag = tagOf(head, await bytesOf(file, at + HEADER_BYTES, Math.min(synchsafe(head, 6), LARGEST_TAG)));
    if (tag) tags.push(tag);
    at += size;
  }
  return tags;
}

/**
 * @param {Uint8Array} head
 * @param {Uint8Array} body
 * @returns {Tag | null}
 */
function tagOf(head, body) {
  const [version, flags] = [head[3], head[5]];
  if (version < 2 || version > 4 || (version === 2 && flags & EXTENDED)) return null;
  const escaped = Boolean(flags & UNSYNCHRONISED);
  let bytes = escaped && version < 4 ? unescaped(body) : body;
  if (flags & EXTENDED) bytes = bytes.subarray(version === 4 ? synchsafe(bytes, 0) : 4 + whole(bytes, 0, 4));
  return {version, escaped: escaped && version === 4, bytes};
}

/**
 * @param {Tag} tag
 * @returns {Generator<{name: string, content: Uint8Array}>}
 */
function* framesOf(tag) {
  const {version, bytes} = tag;
  const [nameBytes, headerBytes] = version === 2 ? [3, 6] : [4, 10];
  for (let at = 0, i = 0; i < MOST_FRAMES && at + headerBytes <= bytes.length; i++) {
    const name = String.fromCharCode(...bytes.subarray(at, at + nameBytes));
    const start = at + headerBytes;
    if (!isName(name)) return;
    const end = start + frameSize(tag, at + nameBytes, start);
    if (end > bytes.length) return;
    yield {name, content: contentOf(tag, version > 2 ? bytes[at + 9] : 0, bytes.subarray(start, end))};
    at = end;
  }
}

/**
 * @param {Tag} tag
 * @param {number} at
 * @param {number} start where the content begins
 */
function frameSize({version, bytes}, at, start) {
  if (version === 2) return whole(bytes, at, 3);
  const size = whole(bytes, at, 4);
  if (version === 3 || bytes.subarray(at, at + 4).some((byte) => byte > 0x7F)) return size;
  // iTunes has written plain numbers into tags of this version.
  const shorter = synchsafe(bytes, at);
  return endsWell(bytes, start + size) && !endsWell(bytes, start + shorter) ? size : shorter;
}

/**
 * Whether another frame, the tag's end or its padding is at this place.
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function endsWell(bytes, at) {
  if (at >= bytes.length) return at === bytes.length;
  const name = bytes.subarray(at, at + 4);
  return isName(String.fromCharCode(...name)) || name.every((byte) => byte === 0);
}

const isName = (/** @type {string} */ name) => /^[A-Z0-9]{3,4}$/.test(name);

/**
 * Nothing of what is compressed or encrypted.
 * @param {Tag} tag
 * @param {number} flags
 * @param {Uint8Array} content
 */
function contentOf({version, escaped}, flags, content) {
  if (flags & LOCKED[version]) return new Uint8Array();
  const ahead = version === 4 ? (flags & GROUPED[4] ? 1 : 0) + (flags & WITH_LENGTH_4 ? 4 : 0) : flags & GROUPED[version] ? 1 : 0;
  const isEscaped = version === 4 && (escaped || flags & UNSYNCHRONISED_4);
  return isEscaped ? unescaped(content.subarray(ahead)) : content.subarray(ahead);
}

/** @param {Uint8Array} content */
function textOf(content) {
  if (!content.length) return '';
  const [first, second] = content.subarray(1);
  // Every value may begin with a byte order mark of its own.
  const encoding = content[0] === 1 && first === 0xFE && second === 0xFF ? 'utf-16be' : ENCODINGS[content[0]] ?? 'latin1';
  return new TextDecoder(encoding).decode(content.subarray(1)).replaceAll('\ufeff', '');
}

/** @param {Uint8Array} data */
function unescaped(data) {
  const out = new Uint8Array(data.length);
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    out[count++] = data[i];
    if (data[i] === 0xFF && data[i + 1] === 0) i++;
  }
  return out.subarray(0, count);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function synchsafe(bytes, at) {
  return bytes.subarray(at, at + 4).reduce((size, byte) => size << 7 | byte & 0x7F, 0);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {number} length
 */
function whole(bytes, at, length) {
  return bytes.subarray(at, at + length).reduce((size, byte) => size * 256 + byte, 0);
}

/**
 * @param {Blob} file
 * @param {number} at
 * @param {number} length
 */
async function bytesOf(file, at, length) {
  return new Uint8Array(await file.slice(at, at + length).arrayBuffer());
}
