// Growing-free vertex buffers that are filled again for each frame: facets as triangles, edges as quads.
import {BufferAttribute, BufferGeometry, DynamicDrawUsage, InterleavedBuffer, InterleavedBufferAttribute, Sphere} from 'three';

/**
 * @param {number} capacity vertices
 * @param {[string, number][]} layout attribute names and sizes
 */
function interleaved(capacity, layout) {
  const stride = layout.reduce((sum, [, size]) => sum + size, 0);
  const buffer = new InterleavedBuffer(new Float32Array(capacity * stride), stride);
  buffer.setUsage(DynamicDrawUsage);
  const geometry = new BufferGeometry();
  let offset = 0;
  for (const [name, size] of layout) {
    geometry.setAttribute(name, new InterleavedBufferAttribute(buffer, size, offset));
    offset += size;
  }
  geometry.boundingSphere = new Sphere();
  return {geometry, buffer, stride, data: /** @type {Float32Array} */ (buffer.array)};
}

/** A list of vertices. */
export class VertexList {
  /**
   * @param {number} capacity
   * @param {[string, number][]} layout
   */
  constructor(capacity, layout) {
    this.capacity = capacity;
    this.count = 0;
    const {geometry, buffer, stride, data} = interleaved(capacity, layout);
    this.geometry = geometry;
    this.buffer = buffer;
    this.stride = stride;
    this.data = data;
  }

  clear() {
    this.count = 0;
  }

  /** Give what was written to the GPU. */
  finish() {
    this.buffer.clearUpdateRanges();
    this.buffer.addUpdateRange(0, this.count * this.stride);
    this.buffer.needsUpdate = true;
    this.geometry.setDrawRange(0, this.geometry.index ? this.count / 4 * 6 : this.count);
  }

  /** @returns {number} where the next vertex is written, -1 when the list is full */
  next() {
    return this.count < this.capacity ? this.count++ * this.stride : -1;
  }

  dispose() {
    this.geometry.dispose();
  }
}

export class LineList extends VertexList {
  /** @param {number} capacity lines */
  constructor(capacity) {
    super(capacity * 4, [['position', 3], ['end', 3], ['ink', 3], ['corner', 3]]);
    const index = new Uint16Array(capacity * 6);
    for (let i = 0; i < capacity; i++) index.set([0, 1, 2, 2, 1, 3].map((k) => k + i * 4), i * 6);
    this.geometry.setIndex(new BufferAttribute(index, 1));
  }

  /**
   * @param {ArrayLike<number>} p
   * @param {number} a offset of the start in p
   * @param {number} b offset of the end
   * @param {ArrayLike<number>} ink colour, display-encoded
   * @param {number} strength
   * @param {number} halfWidth pixels
   */
  line(p, a, b, ink, strength, halfWidth) {
    for (let k = 0; k < 4; k++) {
      const o = this.next();
      if (o < 0) return;
      const d = this.data;
      for (let c = 0; c < 3; c++) {
        d[o + c] = p[a + c];
        d[o + 3 + c] = p[b + c];
        d[o + 6 + c] = ink[c] * strength;
      }
      d[o + 9] = k >> 1;
      d[o + 10] = (k & 1) * 2 - 1;
      d[o + 11] = halfWidth;
    }
  }
}
