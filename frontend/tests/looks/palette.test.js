import {Color} from 'three';
import {describe, expect, it} from 'vitest';
import {paletteOf, toOklch} from '../../looks/core/oklch.js';
import {mixColours, oklch} from '../../looks/core/palette.js';

/** @param {number} hex */
const rgb = (hex) => new Color((hex >> 16 & 255) / 255, (hex >> 8 & 255) / 255, (hex & 255) / 255);

describe('OKLCH', () => {
  it('gives the published values for red and white', () => {
    const red = toOklch(1, 0, 0);
    expect(red.l).toBeCloseTo(.62796, 4);
    expect(red.c).toBeCloseTo(.25768, 4);
    expect(red.h * 180 / Math.PI).toBeCloseTo(29.234, 2);
    expect(toOklch(1, 1, 1).l).toBeCloseTo(1, 4);
  });

  it('comes back to where it started', () => {
    for (const hex of [0x8309d5, 0x123456, 0xffcc00, 0x808080]) {
      const from = rgb(hex);
      const {l, c, h} = toOklch(from.r, from.g, from.b);
      const back = oklch(l, c, h);
      expect(Math.max(Math.abs(back.r - from.r), Math.abs(back.g - from.g), Math.abs(back.b - from.b))).toBeLessThan(.004);
    }
  });

  it('gives up chroma, not hue, outside sRGB', () => {
    const h = 2.5;
    const {r, g, b} = oklch(.7, .4, h);
    expect(Math.max(r, g, b)).toBeLessThanOrEqual(1);
    expect(toOklch(r, g, b).h).toBeCloseTo(h, 1);
  });

  it('mixes a grey towards a colour without a detour over other hues', () => {
    const blue = rgb(0x2040ff);
    const {h} = toOklch(blue.r, blue.g, blue.b);
    const half = mixColours(rgb(0x777777), blue, .5);
    expect(toOklch(half.r, half.g, half.b).h).toBeCloseTo(h, 1);
  });
});

describe('the palette of a picture', () => {
  it('puts the strongest hue first', () => {
    const pixels = new Uint8ClampedArray(1024 * 4);
    for (let i = 0; i < 1024; i++) pixels.set(i % 3 ? [220, 40, 40, 255] : [40, 60, 220, 255], i * 4);
    const [first, second] = paletteOf(pixels);
    expect(first.h).toBeCloseTo(toOklch(220 / 255, 40 / 255, 40 / 255).h, 1);
    expect(second.h).toBeCloseTo(toOklch(40 / 255, 60 / 255, 220 / 255).h, 1);
    expect(first.weight).toBeGreaterThan(second.weight);
  });

  it('finds one neutral in a black picture', () => {
    expect(paletteOf(new Uint8ClampedArray(4096).fill(0)).every(({c}) => c < .03)).toBe(true);
  });
});
