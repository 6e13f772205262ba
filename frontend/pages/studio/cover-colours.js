// The leading colours of a picture.
import {fromOklch, paletteOf} from '../../looks/core/oklch.js';
import {hexOf} from './edits.js';

const SIDE = 48;

/**
 * @param {Blob} picture
 * @returns {Promise<string[]>} one to five colours, #rrggbb, strongest first; none for what is no picture
 */
export async function paletteIn(picture) {
  const bitmap = await createImageBitmap(picture, {resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: 'medium'}).catch(() => null);
  if (!bitmap) return [];
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(SIDE, SIDE).getContext('2d'));
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  return paletteOf(pen.getImageData(0, 0, SIDE, SIDE).data).map(({l, c, h}) => hexOf(fromOklch(l, c, h)));
}
