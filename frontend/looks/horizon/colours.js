// The colours of a moment: the settings' colours, turned by the section and lifted by the energy.
import {Color} from 'three';
import {toOklch} from '../core/oklch.js';
import {oklch} from '../core/palette.js';

/**
 * Turn, brighten and saturate a colour where the eye would; greys stay grey.
 * @param {Color} colour display-encoded
 * @param {number} turn radians
 * @param {number} light factor
 * @param {number} chroma factor
 * @param {Color} [out]
 */
export function shade(colour, turn, light, chroma, out = new Color()) {
  const {l, c, h} = toOklch(colour.r, colour.g, colour.b);
  return oklch(Math.min(1, l * light), c * chroma, h + (c < .01 ? 0 : turn), out);
}

/**
 * @param {Color} colour
 * @param {number} factor
 * @param {Color} [out]
 */
export function dim(colour, factor, out = new Color()) {
  return out.copy(colour).multiplyScalar(factor);
}
