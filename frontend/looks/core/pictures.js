// Pictures as textures: the cover, and the background, blurred when it is the cover.
import {CanvasTexture, LinearFilter, LinearMipmapNearestFilter} from 'three';

/**
 * @param {ImageBitmap} picture
 * @param {number} size longest side in pixels
 * @param {number} blur pixels
 */
function drawn(picture, size, blur) {
  const scale = Math.min(1, size / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  if (blur) ink.filter = `blur(${blur}px)`;
  // Drawn over its edges, so that the blur does not fetch transparency into the border.
  ink.drawImage(picture, -2 * blur, -2 * blur, canvas.width + 4 * blur, canvas.height + 4 * blur);
  return canvas;
}

/** @param {ImageBitmap} picture */
export function coverTexture(picture) {
  const side = Math.min(picture.width, picture.height);
  const canvas = new OffscreenCanvas(side, side);
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  ink.drawImage(picture, (side - picture.width) / 2, (side - picture.height) / 2);
  const texture = new CanvasTexture(canvas);
  // Not trilinear: on software GL that is two fetches for each pixel of the cover.
  texture.minFilter = LinearMipmapNearestFilter;
  return texture;
}

/**
 * @param {ImageBitmap} picture
 * @param {boolean} blurred
 */
export function backgroundTexture(picture, blurred) {
  const texture = new CanvasTexture(blurred ? drawn(picture, 240, 14) : drawn(picture, 1920, 0));
  texture.generateMipmaps = false;
  texture.minFilter = LinearFilter;
  return texture;
}

/**
 * The picture as pixels of a small square, for the palette.
 * @param {ImageBitmap} picture
 * @returns {Uint8ClampedArray} RGBA of 32x32
 */
export function smallPixels(picture) {
  const canvas = new OffscreenCanvas(32, 32);
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  ink.drawImage(picture, 0, 0, 32, 32);
  return ink.getImageData(0, 0, 32, 32).data;
}
