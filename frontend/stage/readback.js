// Reading finished frames back from the GPU without waiting for them: a queue of pixel buffers, first in, first out.

const DEPTH = 3;
// What no frame begins with: getBufferSubData on a context that has just been lost returns without a word.
const UNREAD = crypto.getRandomValues(new Uint8Array(16));
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const channel = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** Let the event loop turn once (fences report only then) after a third of a millisecond of rest. */
export function breathe() {
  Atomics.wait(sleeper, 0, 0, .3);
  return /** @type {Promise<void>} */ (new Promise((done) => {
    waiting.push(done);
    channel.port2.postMessage(null);
  }));
}

/** @typedef {{index: number, buffer: WebGLBuffer, fence: WebGLSync}} Pending */

/** One write, one fence and one read for each buffer. */
export class Readback {
  /**
   * @param {WebGL2RenderingContext} gl
   * @param {import('three').WebGLRenderTarget} target where frames are drawn
   * @param {'rgba' | 'nv12'} format
   */
  constructor(gl, target, format) {
    this.gl = gl;
    this.width = target.width;
    this.height = target.height;
    this.read = format === 'rgba' ? () => this.#readRgba() : () => this.#readNv12();
    this.bytes = target.width * target.height * (format === 'rgba' ? 4 : 24);
    /** @type {Pending[]} */
    this.pending = [];
    this.free = Array.from({length: DEPTH}, () => this.#buffer());
  }

  #buffer() {
    const {gl} = this;
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, this.bytes, gl.STREAM_READ);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    return buffer;
  }

  get isFull() {
    return this.free.length === 0;
  }

  /**
   * Start reading the bound framebuffer.
   * @param {number} index of the frame
   */
  start(index) {
    const {gl} = this;
    const buffer = /** @type {WebGLBuffer} */ (this.free.shift());
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    this.read();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    const fence = /** @type {WebGLSync} */ (gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0));
    gl.flush();
    this.pending.push({index, buffer, fence});
  }

  #readRgba() {
    const {gl} = this;
    gl.readPixels(0, 0, this.width, this.height, gl.RGBA, gl.UNSIGNED_BYTE, 0);
  }

  /** Rows from several targets are woven into one plane by the stride with which they are read. */
  #readNv12() {
    const {gl, width, height} = this;
    for (let target = 0; target < 6; target++) {
      const [plane, row, rows] = target < 4 ? [0, target, 4] : [width * height * 16, target - 4, 2];
      gl.pixelStorei(gl.PACK_ROW_LENGTH, width * rows);
      gl.readBuffer(gl.COLOR_ATTACHMENT0 + target);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, plane + row * width * 4);
    }
    gl.pixelStorei(gl.PACK_ROW_LENGTH, 0);
    gl.readBuffer(gl.COLOR_ATTACHMENT0);
  }

  /**
   * Wait for the oldest frame and copy it out.
   * @param {Uint8Array} out
   * @returns {Promise<number>} its index
   */
  async take(out) {
    const {gl} = this;
    const {index, buffer, fence} = /** @type {Pending} */ (this.pending.shift());
    while (gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED) {
      if (gl.isContextLost()) throw new Error('the WebGL context was lost');
      await breathe();
    }
    gl.deleteSync(fence);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    out.set(UNREAD);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, out);
    if (UNREAD.every((byte, i) => out[i] === byte)) throw new Error('the WebGL context was lost');
    // Left bound, it breaks every readPixels of three's own.
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    this.free.push(buffer);
    return index;
  }

  dispose() {
    for (const {fence, buffer} of this.pending.splice(0)) {
      this.gl.deleteSync(fence);
      this.free.push(buffer);
    }
    this.free.forEach((buffer) => this.gl.deleteBuffer(buffer));
  }
}
