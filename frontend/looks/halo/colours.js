// The halo's colours: a ramp from bass to treble, the light and the night, from the settings or from the cover.
import {Color, DataTexture, LinearFilter, RGBAFormat, UnsignedByteType} from 'three';
import {toOklch} from '../core/oklch.js';
import {mixColours, oklch} from '../core/palette.js';

/** @typedef {import('../core/oklch.js').Palette} Palette */
/**
 * @typedef {object} Colours
 * @property {Color} bass
 * @property {Color} treble
 * @property {Color} light
 * @property {Color} top of the night
 * @property {Color} bottom of the night
 * @property {Color} deep body of the disc
 * @property {number} bright how light the cover is, 0..1; 0 without one
 * @property {DataTexture} ramp bass to treble
 */

const STEPS = 64;

/**
 * @param {any} params
 * @param {Palette | null} palette
 * @returns {Colours}
 */
export function coloursOf(params, palette) {
  const covered = params.colorSource === 'cover' && Boolean(palette?.length);
  const [bass, treble, light] = covered
    ? fromCover(/** @type {Palette} */ (palette)) : [params.bassColor, params.trebleColor, params.lightColor].map((hex) => new Color(hex));
  const a = lch(bass);
  const b = lch(treble);
  const depth = params.atmosphere;
  return {
    bass, treble, light,
    bright: palette?.reduce((sum, {l, weight}) => sum + l * weight, 0) ?? 0,
    top: oklch(.05 + .19 * depth, Math.min(.085, b.c * .7) * depth, b.h),
    bottom: oklch(.04 + .11 * depth, Math.min(.065, a.c * .45) * depth, between(b.h, a.h, .62)),
    deep: oklch(.15, Math.min(.05, a.c * .4), between(b.h, a.h, .25)),
    ramp: rampTexture(bass, treble, covered ? light : null),
  };
}

/**
 * A hue on the shorter way from one to the other.
 * @param {number} from radians
 * @param {number} to
 * @param {number} part
 */
function between(from, to, part) {
  return from + part * Math.atan2(Math.sin(to - from), Math.cos(to - from));
}

/** @param {Color} c */
function lch(c) {
  return toOklch(c.r, c.g, c.b);
}

/**
 * The cover's two leading hues, lifted until they can carry light; a grey cover gives silver.
 * @param {Palette} palette
 * @returns {Color[]} bass, treble, light
 */
function fromCover(palette) {
  const first = palette.find(({c}) => c > .035) ?? palette[0];
  const apart = palette.filter((s) => s.c > .035 && Math.cos(s.h - first.h) < .8);
  const second = apart[0] ?? {...first, h: first.h + (first.c > .035 ? .55 : 0), l: first.l + .12};
  const lift = (/** @type {{l: number, c: number, h: number}} */ s, /** @type {number} */ low) =>
    oklch(Math.min(.86, Math.max(low, s.l)), s.c < .035 ? Math.min(.05, s.c * 2.5) : Math.min(.19, Math.max(.11, s.c * 1.25)), s.h);
  return [lift(first, .68), lift(second, .76), oklch(.88, Math.min(.05, first.c * .4), first.h)];
}

/**
 * From bass to treble: round the hue circle between colours that were chosen for it; between a cover's colours over its
 * light, because every hue on the way would be one that the cover does not have.
 * @param {Color} bass
 * @param {Color} treble
 * @param {Color | null} over
 */
function rampTexture(bass, treble, over) {
  const data = new Uint8Array(STEPS * 4);
  const colour = new Color();
  for (let i = 0; i < STEPS; i++) {
    const part = i / (STEPS - 1);
    if (over) colour.copy(bass).lerp(treble, part).lerp(over, .5 * Math.sin(Math.PI * part));
    else mixColours(bass, treble, part, colour);
    data.set([colour.r * 255, colour.g * 255, colour.b * 255, 255].map(Math.round), i * 4);
  }
  const texture = new DataTexture(data, STEPS, 1, RGBAFormat, UnsignedByteType);
  texture.minFilter = texture.magFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}
