// The halo's spectrum: closed round the circle, mirrored where asked, calm where the song is.
import {describe, expect, it} from 'vitest';
import {initialOf} from '../../looks/halo/monogram.js';
import {Profile, contrast} from '../../looks/halo/profile.js';

const COUNT = 96;

/** @param {(band: number) => number} height */
function laid(height, repeats = 1, mirror = true) {
  const track = {bandsAt: (/** @type {number} */ _t, /** @type {Float32Array} */ out) => out.forEach((_, i) => (out[i] = height(i)))};
  const out = new Float32Array(COUNT);
  new Profile(/** @type {any} */ (track)).at(1, 2).lay(out, 0, COUNT, repeats, mirror);
  return out;
}

/** @param {Float32Array} ring */
function largestStep(ring) {
  return Math.max(...Array.from(ring, (value, i) => Math.abs(value - ring[(i + 1) % ring.length])));
}

const wavy = (/** @type {number} */ i) => .5 + .3 * Math.sin(i / 9);

describe('profile', () => {
  it('mirrors the spectrum about the bass', () => {
    const ring = laid(wavy);
    for (let i = 1; i < COUNT; i++) expect(ring[i]).toBeCloseTo(ring[COUNT - i], 5);
  });

  it('closes without a jump when it is not mirrored', () => {
    const ring = laid((i) => .2 + .6 * i / 63, 1, false);
    expect(largestStep(ring)).toBeLessThan(.3);
  });

  it('repeats as often as it is told', () => {
    const ring = laid(wavy, 3);
    for (let i = 0; i < COUNT / 3; i++) expect(ring[i]).toBeCloseTo(ring[i + COUNT / 3], 5);
  });

  it('is flat in silence and stays within 0 and 1', () => {
    expect(Math.max(...laid(() => 0))).toBe(0);
    const ring = laid((i) => i % 2);
    expect(Math.min(...ring)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ring)).toBeLessThanOrEqual(1);
  });

  it('lets a band that stands out rise above one of the same level among equals', () => {
    const level = Float32Array.from({length: 64}, () => .6);
    const peak = Float32Array.from({length: 64}, (_, i) => (i === 30 ? .6 : .35));
    const [flat, alone] = [new Float32Array(64), new Float32Array(64)];
    contrast(level, flat);
    contrast(peak, alone);
    expect(alone[30]).toBeGreaterThan(flat[30]);
  });
});

describe('initial', () => {
  it.each([['glass harbour', 'G'], ['“Été”', 'É'], ['99 luftballons', '9'], ['…', ''], ['', '']])('of %j is %j', (title, initial) => {
    expect(initialOf(title)).toBe(initial);
  });
});
