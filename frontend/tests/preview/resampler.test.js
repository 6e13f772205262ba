import {describe, expect, it} from 'vitest';
import {Resampler} from '../../preview/resampler.js';

/**
 * @param {number} rate
 * @param {number} samples
 * @param {number} hz
 */
const sine = (rate, samples, hz) => Float32Array.from({length: samples}, (_, i) => Math.sin(2 * Math.PI * hz * i / rate));

/**
 * @param {number} from
 * @param {Float32Array} left
 * @param {{right?: Float32Array, piece?: number}} [options]
 */
function resampled(from, left, {right = left, piece = left.length} = {}) {
  /** @type {number[][]} */
  const out = [[], []];
  const resampler = new Resampler(from, 48_000, (l, r, count) => {
    out[0].push(...l.subarray(0, count));
    out[1].push(...r.subarray(0, count));
  });
  for (let at = 0; at < left.length; at += piece) {
    const l = left.subarray(at, at + piece);
    resampler.push(l, left === right ? l : right.subarray(at, at + piece));
  }
  resampler.finish();
  return out;
}

describe.each([8000, 22_050, 44_100, 44_056, 88_200, 96_000, 192_000])('from %i Hz', (rate) => {
  const tone = sine(rate, rate / 4, 997);

  it('keeps a tone, its level and its place', () => {
    const [left] = resampled(rate, tone);
    const wanted = sine(48_000, 12_000, 997);
    expect(left).toHaveLength(Math.ceil(tone.length * 48_000 / rate));
    // Where the rates have no large common divisor the nearest of 1024 filters is taken.
    const tolerance = rate === 44_056 ? 2e-4 : 5e-5;
    const worst = Math.max(...left.slice(200, -200).map((value, i) => Math.abs(value - wanted[200 + i])));
    expect(worst).toBeLessThan(tolerance);
  });

  it('gives the same in pieces as at once', () => {
    const right = sine(rate, tone.length, 440);
    const whole = resampled(rate, tone, {right});
    expect(resampled(rate, tone, {right, piece: 101})).toEqual(whole);
    expect(whole[0]).not.toEqual(whole[1]);
  });
});

it('leaves out what 48 kHz cannot hold', () => {
  const [left] = resampled(96_000, sine(96_000, 24_000, 30_000));
  expect(Math.max(...left.slice(200, -200).map(Math.abs))).toBeLessThan(1e-3);
});

it.each([1, 2, 20, 33, 40])('resamples a song of %i samples', (samples) => {
  const [left] = resampled(44_100, new Float32Array(samples).fill(.5));
  expect(left).toHaveLength(Math.ceil(samples * 48_000 / 44_100));
  if (samples > 32) left.forEach((value) => expect(value).toBeCloseTo(.5, 5));
});

it('passes 48 kHz through', () => {
  const tone = sine(48_000, 100, 997);
  expect(resampled(48_000, tone)[0]).toEqual([...tone]);
});
