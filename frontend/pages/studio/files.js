// Songs and pictures from the visitor: chosen, and looked at before they are used.
import {chooseFiles} from '../../lib/files.js';

/**
 * Let the visitor choose a file; null where the choice is cancelled.
 * @param {string} accept
 */
export async function choose(accept) {
  const [file] = await chooseFiles(accept);
  return file ?? null;
}

/** @param {File} file */
export function isPicture({type, name}) {
  return type.startsWith('image/') || /\.(jpe?g|png|webp)$/i.test(name);
}

/** Whether a file says that it is a song; what is in it may be something else. @param {File} file */
export function isSong({type, name}) {
  return type.startsWith('audio/') || /\.(mp3|wav|m4a)$/i.test(name);
}

const LARGEST_PICTURE = 20_000_000;
const MOST_PIXELS = 40_000_000;
const NOT_A_PICTURE = "That file isn't a picture we can read. Try JPEG, PNG or WebP.";

/**
 * Why a file cannot be used as a picture, or "". The service has the same limits.
 * @param {File} file
 */
export async function refusalOfPicture(file) {
  if (file.size > LARGEST_PICTURE) return 'That picture is larger than 20 MB. Try a smaller one.';
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer().catch(() => new ArrayBuffer(0))));
  if (!/^(\x89PNG|\xff\xd8\xff|RIFF....WEBP)/s.test(start)) return NOT_A_PICTURE;
  // The size first: a small file can hold more pixels than the machine has memory.
  const pixels = await pixelsOf(file);
  if (pixels > MOST_PIXELS) return 'That picture has more than 40 megapixels. Try a smaller one.';
  const picture = pixels ? await createImageBitmap(file).catch(() => null) : null;
  picture?.close();
  return picture ? '' : NOT_A_PICTURE;
}

/**
 * @param {File} file
 * @returns {Promise<number>} 0 for what is no picture
 */
async function pixelsOf(file) {
  const url = URL.createObjectURL(file);
  const image = new Image();
  try {
    await new Promise((done, fail) => Object.assign(image, {onload: done, onerror: fail, src: url}));
    return image.naturalWidth * image.naturalHeight;
  } catch {
    return 0;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * @param {File} a
 * @param {{name: string, size: number, lastModified: number} | undefined} b
 */
export const isSameFile = (a, b) => a.name === b?.name && a.size === b.size && a.lastModified === b.lastModified;
