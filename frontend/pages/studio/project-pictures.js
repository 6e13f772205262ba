// The pictures of a project: named by their uploads, and small for the list.

/** @typedef {import('./studio.js').Studio} Studio */

/**
 * The draft with pictures named by their uploads.
 * @param {Studio} studio
 * @param {(file: File) => Promise<string>} send
 * @param {string} [of] the project of somebody else whose uploads they are to be
 * @returns {Promise<Record<string, any>>}
 */
export async function withUploads(studio, send, of = '') {
  const settings = structuredClone(studio.store.draft);
  for (const [part, key] of /** @type {const} */ ([['cover', 'file'], ['background', 'image']])) {
    const file = studio.pictures.get(settings[part]?.[key]);
    if (file) settings[part][key] = await studio.engine.uploads.idOf(file, () => send(file), of);
  }
  return settings;
}

/**
 * A picture for a list.
 * @param {Blob} picture
 * @param {number} [longest] pixels of its longer side
 */
export async function smaller(picture, longest = 640) {
  const whole = await createImageBitmap(picture);
  const scale = Math.min(1, longest / Math.max(whole.width, whole.height));
  const canvas = new OffscreenCanvas(Math.round(whole.width * scale), Math.round(whole.height * scale));
  canvas.getContext('2d')?.drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  return canvas.convertToBlob({type: 'image/jpeg', quality: 0.85});
}
