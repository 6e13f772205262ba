// Onsets are what looks hit on: one for each click, to the millisecond, and none where nothing begins.
import {describe, expect, test} from 'vitest';
import {analyseAll} from '../../sound/analyse.js';
import {RATE, click, pcmOf, place, seeded, song, sound, stage} from './signals.js';

/**
 * Clicks at irregular times, the first after 4 ms.
 * @param {number} seconds
 * @param {number} gain
 * @param {boolean} impulses single samples rather than short noise
 */
function clickTrack(seconds, gain, impulses) {
  const random = seeded(11);
  const on = stage(seconds);
  const times = [];
  for (let at = 0.004; at < seconds - 0.05; at += 0.07 + 1.3 * random() * random()) {
    const exact = Math.round(at * RATE) / RATE;
    times.push(exact);
    place(on, impulses ? Float64Array.of(1) : click(random), exact, gain);
  }
  return {times, track: analyseAll(pcmOf(on))};
}

/** @param {number[]} times @param {ArrayLike<number>} found */
function worstDistance(times, found) {
  return Math.max(...times.map((time, i) => Math.abs(time - (found[i] ?? Infinity))));
}

describe('clicks', () => {
  test('give one onset each within 3 ms over three minutes', () => {
    const {times, track} = clickTrack(180, 0.7, false);
    const found = track.events.onset.times;
    expect(found.length).toBe(times.length);
    expect(worstDistance(times, found)).toBeLessThan(0.003);
  });

  test('of one sample, 40 dB down, are found as well', () => {
    const {times, track} = clickTrack(20, 0.01, true);
    expect(track.events.onset.times.length).toBe(times.length);
    expect(worstDistance(times, track.events.onset.times)).toBeLessThan(0.003);
  });

  test('hit the frame that covers them at every frame rate', () => {
    const {times, track} = clickTrack(30, 0.7, false);
    for (const fps of [24, 30, 60]) {
      const hit = [];
      for (let frame = 0; frame < track.frameCount(fps); frame++) {
        if (track.eventsBetween('onset', (frame - 0.5) / fps, (frame + 0.5) / fps).length) hit.push(frame);
      }
      const covering = new Set(times.map((time) => Math.round(time * fps)));
      // 3 ms may carry a click over the edge of its frame, never further.
      expect(hit.every((frame) => [frame - 1, frame, frame + 1].some((near) => covering.has(near)))).toBe(true);
      expect(hit.filter((frame) => covering.has(frame)).length).toBeGreaterThan(0.9 * covering.size);
    }
  });
});

describe('no onset', () => {
  test('comes from a steady tone but where it begins', () => {
    const on = stage(6);
    place(on, sound(4, (t) => 0.4 * Math.sin(2 * Math.PI * 330 * t) * Math.min(1, (4 - t) / 0.5)), 1);
    const {times} = analyseAll(pcmOf(on)).events.onset;
    expect(Array.from(times, (time) => Math.round(time * 100) / 100)).toEqual([1]);
  });

  test('comes from dither', () => {
    const random = seeded(3);
    const on = stage(5);
    place(on, sound(5, () => (2 * random() - 1) / 32768), 0);
    expect(analyseAll(pcmOf(on)).onsets).toEqual([]);
  });

  test('comes from a DC offset', () => {
    expect(analyseAll(pcmOf(stage(3), 1, 0.4)).onsets).toEqual([]);
  });
});

describe('drums', () => {
  const {on, truth} = song(124);
  const track = analyseAll(pcmOf(on, 0.6));

  test.each(/** @type {const} */ ([['kick', 'kicks'], ['snare', 'snares'], ['hat', 'hats']]))(
    'of kind %s are found and nothing else is taken for one', (kind, list) => {
      const found = track.events[kind].times;
      const hits = truth[list].filter((time) => found.some((other) => Math.abs(other - time) < 0.012)).length;
      expect(hits / truth[list].length).toBeGreaterThan(0.95);
      expect(hits / found.length).toBeGreaterThan(0.95);
    });

  test('that fall together are one onset of both kinds', () => {
    const both = truth.snares[3];
    expect(track.eventsBetween('kick', both - 0.015, both + 0.015).length).toBe(1);
    expect(track.eventsBetween('snare', both - 0.015, both + 0.015).length).toBe(1);
    expect(track.eventsBetween('onset', both - 0.015, both + 0.015).length).toBe(1);
  });
});
