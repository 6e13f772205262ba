import {describe, expect, it} from 'vitest';
import {layoutFor, markTop, textRoom} from '../../looks/core/layout.js';
import {ON_PHONES} from '../../pages/studio/guides.js';
import {randomAt, randomStream} from '../../looks/core/random.js';

describe('the layout', () => {
  it.each([[1920, 1080, 'wide'], [1080, 1920, 'tall'], [1080, 1080, 'square'], [1080, 1350, 'tall']])('calls %i x %i %s', (w, h, shape) => {
    expect(layoutFor(w, h, true).shape).toBe(shape);
  });

  it('keeps the subject inside the frame in every shape', () => {
    for (const [w, h] of [[1920, 1080], [1080, 1920], [1080, 1080], [4096, 64], [64, 4096]]) {
      const {width, height, subjectX, subjectY, subjectRadius} = layoutFor(w, h, true);
      expect(Math.abs(subjectX) + subjectRadius).toBeLessThanOrEqual(width);
      expect(Math.abs(subjectY) + subjectRadius).toBeLessThanOrEqual(height);
    }
  });
});

describe('a video that fills a phone', () => {
  const [search, buttons] = ON_PHONES.map(({at: [left, top, wide, tall]}) => ({left: left / 100, top: top / 100, right: (left + wide) / 100, bottom: (top + tall) / 100}));

  it('has its centred text beside the buttons of the apps', () => {
    expect(.5 + textRoom(1080, 1920) / 1080 / 2).toBeLessThanOrEqual(buttons.left);
  });

  it('has its mark below their search', () => {
    expect(markTop(1080, 1920) / 1920).toBeGreaterThanOrEqual(search.bottom);
  });

  it('uses the room that a post of 4:5 has', () => {
    expect(textRoom(1080, 1350)).toBeGreaterThan(.8 * 1080);
    expect(markTop(1080, 1350)).toBe(54);
  });
});

describe('seeded numbers', () => {
  it('are the same for the same seed and differ for another', () => {
    const [a, b, c] = [randomStream(1), randomStream(1), randomStream(2)];
    const take = (/** @type {() => number} */ next) => Array.from({length: 5}, next);
    const first = take(a);
    expect(take(b)).toEqual(first);
    expect(take(c)).not.toEqual(first);
  });

  it('fill [0, 1) evenly', () => {
    const bins = new Array(10).fill(0);
    for (let i = 0; i < 10000; i++) bins[Math.floor(randomAt(7, i) * 10)]++;
    expect(Math.min(...bins)).toBeGreaterThan(900);
    expect(Math.max(...bins)).toBeLessThan(1100);
  });
});
