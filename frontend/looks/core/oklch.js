// Colours by lightness, chroma and hue: OKLCH (Björn Ottosson, "A perceptual color space for image processing", 2020).

/** @typedef {{l: number, c: number, h: number, weight: number}} Swatch lightness 0..1, chroma, hue in radians, share 0..1 */
/** @typedef {Swatch[]} Palette strongest first */

const toLinear = (/** @type {number} */ v) => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
const toDisplay = (/** @type {number} */ v) => (v <= .0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - .055);

/**
 * @param {number} r display-encoded sRGB, 0..1
 * @param {number} g
 * @param {number} b
 * @returns {{l: number, c: number, h: number}}
 */
export function toOklch(r, g, b) {
  const [R, G, B] = [toLinear(r), toLinear(g), toLinear(b)];
  const l = Math.cbrt(.4122214708 * R + .5363325363 * G + .0514459929 * B);
  const m = Math.cbrt(.2119034982 * R + .6806995451 * G + .1073969566 * B);
  const s = Math.cbrt(.0883024619 * R + .2817188376 * G + .6299787005 * B);
  const x = 1.9779984951 * l - 2.428592205 * m + .4505937099 * s;
  const y = .0259040371 * l + .7827717662 * m - .808675766 * s;
  return {l: .2104542553 * l + .793617785 * m - .0040720468 * s, c: Math.hypot(x, y), h: Math.atan2(y, x)};
}

/**
 * A display-encoded colour; chroma is reduced until it lies inside sRGB, so that the hue stays.
 * @param {number} l 0..1
 * @param {number} c
 * @param {number} h radians
 * @returns {[number, number, number]} red, green and blue, 0..1
 */
export function fromOklch(l, c, h) {
  for (let chroma = c, i = 0; ; chroma *= .86, i++) {
    const rgb = oklab(l, chroma * Math.cos(h), chroma * Math.sin(h));
    if (i === 11 || rgb.every((v) => v >= -.0005 && v <= 1.0005)) {
      const [r = 0, g = 0, b = 0] = rgb.map((v) => toDisplay(Math.min(1, Math.max(0, v))));
      return [r, g, b];
    }
  }
}

/**
 * @param {number} L
 * @param {number} x
 * @param {number} y
 * @returns {number[]} linear sRGB
 */
function oklab(L, x, y) {
  const l = (L + .3963377774 * x + .2158037573 * y) ** 3;
  const m = (L - .1055613458 * x - .0638541728 * y) ** 3;
  const s = (L - .0894841775 * x - 1.291485548 * y) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + .2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - .3413193965 * s,
    -.0041960863 * l - .7034186147 * m + 1.707614701 * s,
  ];
}

/**
 * The leading colours of a picture: cells of 24 hues weighted by chroma, neutrals apart.
 * @param {Uint8ClampedArray} rgba
 * @returns {Palette} one to five swatches, strongest first
 */
export function paletteOf(rgba) {
  const cells = Array.from({length: 25}, () => ({l: 0, c: 0, x: 0, y: 0, weight: 0}));
  for (let i = 0; i < rgba.length; i += 4) {
    const {l, c, h} = toOklch(rgba[i] / 255, rgba[i + 1] / 255, rgba[i + 2] / 255);
    const neutral = c < .03;
    const cell = cells[neutral ? 24 : Math.floor((h / (2 * Math.PI) + 1) * 24) % 24];
    const weight = neutral ? .02 : c;
    cell.l += l * weight; cell.c += c * weight; cell.x += Math.cos(h) * weight; cell.y += Math.sin(h) * weight;
    cell.weight += weight;
  }
  const total = cells.reduce((sum, {weight}) => sum + weight, 0) || 1;
  return cells.filter(({weight}) => weight > total * .02).sort((a, b) => b.weight - a.weight).slice(0, 5)
    .map(({l, c, x, y, weight}) => ({l: l / weight, c: c / weight, h: Math.atan2(y, x), weight: weight / total}));
}
