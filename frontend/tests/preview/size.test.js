import {describe, expect, it} from 'vitest';
import {Pace, sizeFor} from '../../preview/size.js';

describe('the canvas', () => {
  it.each([
    ['as large as it is seen', [1920, 1080], 960, 1, [960, 540]],
    ['no larger than the video', [640, 360], 5000, 1, [640, 360]],
    ['no larger than a phone manages', [3840, 2160], 3840, 1, [1920, 1080]],
    ['smaller on a slow machine', [1920, 1080], 960, .5, [480, 270]],
    ['never tiny', [1920, 1080], 10, .36, [320, 180]],
    ['of the shape of a tall video', [1080, 1920], 540, 1, [540, 960]],
    ['of even sides', [1080, 1350], 333, 1, [334, 416]],
    ['as large as a tiny video', [64, 64], 500, .5, [64, 64]],
  ])('is %s', (_, [width, height], seen, scale, wanted) => {
    expect(Object.values(sizeFor({width, height}, seen, scale))).toEqual(wanted);
  });
});

describe('the pace', () => {
  const taken = (/** @type {Pace} */ pace, /** @type {number[]} */ times) => times.map((ms) => pace.take(ms));

  it('keeps the size while frames are fast, and forgives a few slow ones', () => {
    const pace = new Pace();
    expect(taken(pace, Array(60).fill(0).map((_, i) => (i % 4 ? 15 : 900)))).not.toContain(true);
    expect(pace.scale).toBe(1);
  });

  it('shrinks step by step while they are slow, and no further than it must', () => {
    const pace = new Pace();
    expect(taken(pace, Array(100).fill(80)).filter(Boolean)).toHaveLength(3);
    expect(pace.scale).toBe(.36);
    taken(pace, Array(100).fill(1));
    expect(pace.scale).toBe(.36);
  });
});
