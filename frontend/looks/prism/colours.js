// The look's colours: a way from the glow's hue to a second one, in OKLCH, that the treble walks along.
import {Color} from 'three';
import {toOklch} from '../core/oklch.js';
import {oklch} from '../core/palette.js';

const STEPS = 64;

/** A closed way through colours: there and back, so that it can be walked for ever. */
export class Ramp {
  /**
   * @param {Color} from
   * @param {number} spread how far the hue goes, degrees
   * @param {Color} base multiplies all of it: the colour of the material
   */
  constructor(from, spread, base) {
    const {l, c, h} = toOklch(from.r, from.g, from.b);
    this.values = new Float32Array((STEPS + 1) * 3);
    const colour = new Color();
    for (let i = 0; i <= STEPS; i++) {
      const x = .5 - .5 * Math.cos(i / STEPS * 2 * Math.PI);
      // Lighter and a little paler towards the far end: two hues with different weights, not a rainbow.
      const light = Math.max(.42, l) + (.8 - Math.max(.42, l)) * x;
      oklch(light, Math.min(.24, c) * (1 - .3 * x), h + x * spread * Math.PI / 180, colour).multiply(base);
      colour.toArray(this.values, i * 3);
    }
  }

  /**
   * @param {number} place any number; 0 = the glow's colour, .5 = the far one, 1 = back again
   * @param {number[] | Float32Array | Float64Array} out r, g, b
   */
  at(place, out) {
    const x = (place - Math.floor(place)) * STEPS;
    const i = Math.min(STEPS - 1, Math.floor(x));
    for (let c = 0; c < 3; c++) {
      const a = this.values[i * 3 + c];
      out[c] = a + (this.values[i * 3 + 3 + c] - a) * (x - i);
    }
    return out;
  }

  /**
   * @param {number} place
   * @param {Color} out
   */
  colour(place, out) {
    this.at(place, scratch);
    return out.setRGB(scratch[0], scratch[1], scratch[2]);
  }
}

const scratch = [0, 0, 0];
