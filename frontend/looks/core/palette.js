// Colours of three.js chosen and mixed in OKLCH.
import {Color} from 'three';
import {fromOklch, toOklch} from './oklch.js';

/**
 * A display-encoded colour; chroma is reduced until it lies inside sRGB, so that the hue stays.
 * @param {number} l 0..1
 * @param {number} c
 * @param {number} h radians
 * @param {Color} [out]
 */
export function oklch(l, c, h, out = new Color()) {
  return out.setRGB(...fromOklch(l, c, h));
}

/**
 * Mix two colours on the shorter way round the hue circle.
 * @param {Color} a display-encoded
 * @param {Color} b
 * @param {number} mix 0 = a .. 1 = b
 * @param {Color} [out]
 */
export function mixColours(a, b, mix, out = new Color()) {
  const p = toOklch(a.r, a.g, a.b);
  const q = toOklch(b.r, b.g, b.b);
  // A grey has no hue of its own: it takes the other's, or the way would lead through a rainbow.
  const from = p.c < .02 ? q.h : p.h;
  const to = q.c < .02 ? from : q.h;
  const turn = Math.atan2(Math.sin(to - from), Math.cos(to - from));
  return oklch(p.l + (q.l - p.l) * mix, p.c + (q.c - p.c) * mix, from + turn * mix, out);
}
