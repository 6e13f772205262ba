// The pictures in use, decoded once each and shrunk as the service does it.

export class Pictures {
  /** @type {Map<Blob, Promise<ImageBitmap | null>>} */
  #decoded = new Map();

  /**
   * @param {Blob | null} blob
   * @param {number} side largest, in pixels
   * @returns {Promise<ImageBitmap | null>} null for what is no picture
   */
  get(blob, side) {
    if (!blob) return Promise.resolve(null);
    const known = this.#decoded.get(blob);
    if (known) return known;
    const decoded = decode(blob, side).catch(() => null);
    this.#decoded.set(blob, decoded);
    return decoded;
  }

  /** @param {(Blob | null)[]} used */
  keepOnly(used) {
    for (const [blob, decoded] of this.#decoded) {
      if (used.includes(blob)) continue;
      this.#decoded.delete(blob);
      void decoded.then((bitmap) => bitmap?.close());
    }
  }
}

/**
 * @param {Blob} blob
 * @param {number} side
 */
async function decode(blob, side) {
  // The numbers of the file, as the render gets them.
  const whole = await createImageBitmap(blob, {colorSpaceConversion: 'none', premultiplyAlpha: 'none'});
  const scale = side / Math.max(whole.width, whole.height);
  if (scale >= 1) return whole;
  const [resizeWidth, resizeHeight] = [whole.width, whole.height].map((pixels) => Math.max(1, Math.round(pixels * scale)));
  const small = await createImageBitmap(whole, {resizeWidth, resizeHeight, resizeQuality: 'high', premultiplyAlpha: 'none'});
  whole.close();
  return small;
}
