import {describe, expect, it} from 'vitest';
import {SoundClock, frameAt, frameCount} from '../../preview/clock.js';

describe('frames', () => {
  it.each([24, 30, 60])('at %i a second are found again by their own time', (fps) => {
    for (let i = 0; i < 3600 * fps; i += 7) expect(frameAt(i / fps, fps)).toBe(i);
  });

  it('last until the next one', () => {
    expect(frameAt(1.0333, 30)).toBe(30);
    expect(frameAt(1.0334, 30)).toBe(31);
    expect(frameAt(-1, 30)).toBe(0);
  });

  it('are as many as the render makes', () => {
    // floor(samples * fps / rate + 1/2), at least one.
    expect([799, 800, 2399, 2400, 48_000].map((samples) => frameCount(samples, 30))).toEqual([1, 1, 1, 2, 30]);
    expect(frameCount(172_800_000, 60)).toBe(216_000);
  });
});

describe('the clock', () => {
  it('runs steadily though the media element says the time in steps', () => {
    const clock = new SoundClock();
    const times = Array.from({length: 600}, (_, i) => {
      const now = 5 + i / 60;
      return clock.at(now, Math.floor((now - 5) / .023) * .023) - (now - 5);
    });
    const settled = times.slice(60);
    expect(Math.max(...settled)).toBeLessThanOrEqual(1e-9);
    expect(Math.min(...settled)).toBeGreaterThan(-.008);
  });

  it('never goes back in steady playing', () => {
    const clock = new SoundClock();
    let before = 0;
    for (let i = 0; i < 600; i++) {
      const t = clock.at(i / 60, Math.floor(i / 15) / 4 * 1.0001);
      expect(t).toBeGreaterThanOrEqual(before);
      before = t;
    }
  });

  it('stops where the sound has stopped', () => {
    const clock = new SoundClock();
    clock.at(0, 10);
    expect(clock.at(.05, 10)).toBeCloseTo(10.05, 3);
    expect(clock.at(1, 10)).toBe(10);
  });

  it('follows a jump in either direction', () => {
    const clock = new SoundClock();
    clock.at(0, 10);
    expect(clock.at(.01, 60)).toBeCloseTo(60);
    expect(clock.at(.02, 3)).toBeCloseTo(3);
    clock.reset();
    expect(clock.at(.03, 3.05)).toBeCloseTo(3.05);
  });
});
