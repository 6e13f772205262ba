import {describe, expect, test} from 'vitest';
import {SHAPES, SIZES, frameOf, lengthOf, lockOf, outputLine, shapeOf, shorterSide} from '../../pages/studio/output.js';

describe('frames', () => {
  test.each(SHAPES.flatMap((shape) => SIZES.map(({pixels}) => /** @type {const} */ ([shape.name, shape, pixels]))))('%s of %o at %i is even and found again', (_, shape, pixels) => {
    const frame = frameOf(shape, pixels);
    expect([frame.width % 2, frame.height % 2, shorterSide(frame)]).toEqual([0, 0, pixels]);
    expect(shapeOf(frame)).toBe(shape);
  });

  test('the known ones', () => {
    expect(frameOf(SHAPES[0], 1080)).toEqual({width: 1920, height: 1080});
    expect(frameOf(SHAPES[1], 1080)).toEqual({width: 1080, height: 1920});
    expect(frameOf(SHAPES[3], 1080)).toEqual({width: 1080, height: 1350});
  });
});

test('the line says what comes out', () => {
  const settings = /** @type {any} */ ({output: {width: 1920, height: 1080, fps: 30, format: 'mp4', quality: 'standard'}, range: {start_s: 0, duration_s: null}});
  expect(outputLine(settings, 190)).toBe('1080p · 30 fps · MP4 · 3:10');
  expect(outputLine(settings, 190, {bytes: 95e6, renderS: 118})).toBe('1080p · 30 fps · MP4 · 3:10 · about 95 MB · ready about 2 minutes after it starts');
  // The usual shape goes without saying.
  const reel = {...settings, output: {...settings.output, width: 720, height: 1280}};
  expect(outputLine(reel, 190)).toBe('9:16 · 720p · 30 fps · MP4 · 3:10');
});

test('a range ends with the song', () => {
  expect(lengthOf({start_s: 10, duration_s: null}, 60)).toBe(50);
  expect(lengthOf({start_s: 10, duration_s: 100}, 60)).toBe(50);
  expect(lengthOf({start_s: 70, duration_s: null}, 60)).toBe(0);
});

test('a lock names the smallest plan that lifts it', () => {
  const plans = /** @type {any[]} */ ([{name: 'free', n: 1}, {name: 'pro', n: 2}, {name: 'enterprise', n: 3}]);
  expect(lockOf(plans, 'free', (plan) => /** @type {any} */ (plan).n >= 2).lifts?.name).toBe('pro');
  expect(lockOf(plans, 'pro', (plan) => /** @type {any} */ (plan).n >= 2)).toEqual({allowed: true, lifts: null});
  expect(lockOf(plans, 'free', () => false)).toEqual({allowed: false, lifts: null});
  // While the plans are not known, nothing is said to be locked.
  expect(lockOf([], 'free', () => false)).toEqual({allowed: true, lifts: null});
});
