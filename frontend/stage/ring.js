// The ring file: how frames leave the browser. A preallocated file in the origin's private file system, which the Python
// side maps; head and tail words in it say what is ready and free, so nothing crosses DevTools per frame.

// Layout in bytes (numbers are little-endian uint32), the same as in ring.py.
const MAGIC = 0x474e524f; // "ORNG"
const HEADER = 4096;
const HEAD = 64; // frames written so far
const TAIL = 128; // frames that the reader has freed
const STATE = 192; // 1 running, 2 done, 3 failed
const STOP = 320; // set by the reader: no more frames are wanted
const MESSAGE = 512; // length and UTF-8 text of the failure
const EDGE = 64; // before and after each frame: its index, so that a torn frame is seen
const RUNNING = 1;
const DONE = 2;
const FAILED = 3;

/** The writing end. */
export class Ring {
  /**
   * @param {FileSystemSyncAccessHandle} handle
   * @param {number} bytes of one frame
   * @param {number} slots
   */
  constructor(handle, bytes, slots) {
    this.handle = handle;
    this.bytes = bytes;
    this.slots = slots;
    this.stride = Math.ceil((bytes + 2 * EDGE) / 4096) * 4096;
    this.head = 0;
    this.staging = new Uint8Array(bytes + 2 * EDGE);
    this.frame = this.staging.subarray(EDGE, EDGE + bytes);
    this.edges = new DataView(this.staging.buffer);
    this.word = new DataView(new ArrayBuffer(4));
  }

  /**
   * Make the file anew.
   * @param {number} id chosen by the reader, which finds the file by it
   * @param {number} bytes
   * @param {number} slots
   */
  static async create(id, bytes, slots) {
    const root = await navigator.storage.getDirectory();
    const file = await root.getFileHandle('ring', {create: true});
    const ring = new Ring(await file.createSyncAccessHandle(), bytes, slots);
    ring.handle.truncate(0);
    ring.handle.truncate(HEADER + ring.stride * slots);
    [id, MAGIC, bytes, ring.stride, slots].forEach((value, i) => ring.#put(i * 4, value));
    return ring;
  }

  /** Start counting from nought; the reader has let go of every slot and set its own words to nought. */
  reset() {
    this.head = 0;
    this.#put(STATE, RUNNING);
  }

  /** @returns {boolean} whether the reader has had enough */
  isStopped() {
    return this.#get(STOP) !== 0;
  }

  /** @returns {boolean} whether the next slot may be written */
  hasRoom() {
    return this.head - this.#get(TAIL) < this.slots;
  }

  /**
   * Hand over what lies in `frame`.
   * @param {number} index of the frame in the song
   */
  commit(index) {
    this.edges.setUint32(0, index, true);
    this.edges.setUint32(EDGE + this.bytes, index, true);
    const at = HEADER + (this.head % this.slots) * this.stride;
    const written = this.handle.write(this.staging, {at});
    if (written !== this.staging.length) throw new Error(`the ring took ${written} of ${this.staging.length} bytes: disk full?`);
    this.#put(HEAD, ++this.head);
  }

  finish() {
    this.#put(STATE, DONE);
  }

  /** @param {string} message */
  fail(message) {
    const text = new TextEncoder().encode(message).subarray(0, 1024);
    this.#put(MESSAGE, text.length);
    this.handle.write(text, {at: MESSAGE + 4});
    this.#put(STATE, FAILED);
  }

  close() {
    this.handle.close();
  }

  /**
   * @param {number} at
   * @param {number} value
   */
  #put(at, value) {
    this.word.setUint32(0, value, true);
    this.handle.write(this.word, {at});
  }

  /** @param {number} at */
  #get(at) {
    this.handle.read(this.word, {at});
    return this.word.getUint32(0, true);
  }
}
