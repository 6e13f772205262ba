// What one frame hears: impulses in the frame that covers them, no attack, then a fall.
import {describe, expect, test} from 'vitest';
import {analyseAll} from '../../sound/analyse.js';
import {FrameSound} from '../../sound/sound.js';
import {FeatureTrack} from '../../sound/track.js';
import {kick, pcmOf, place, song, stage} from './signals.js';

/** A quiet track with kicks at given samples, full strength. @param {number[]} samples */
function kicksAt(samples) {
  const {data} = analyseAll(pcmOf(stage(10)));
  const full = new Uint16Array(samples.length).fill(65535);
  return new FeatureTrack({
    ...data, onsetSamples: Uint32Array.from(samples), onsetKinds: new Uint8Array(samples.length).fill(1),
    onsetStrength: full, onsetLow: full, onsetMid: full, onsetHigh: full,
  });
}

describe.each([24, 30, 60])('at %i fps', (fps) => {
  const samples = [481, 47_999, 48_001, 100_800, 223_456, 300_007];
  const sound = new FrameSound(kicksAt(samples));

  test('a kick is 1 in the frame that covers it and less in all others', () => {
    const full = [];
    for (let frame = 0; frame < fps * 10; frame++) if (sound.at(frame, fps).pulse('kick', 0.2) === 1) full.push(frame);
    expect(full).toEqual([...new Set(samples.map((sample) => Math.floor((sample / 48_000) * fps + 0.5)))]);
  });

  test('it falls with its time constant and never rises on the way', () => {
    const hit = Math.floor((300_007 / 48_000) * fps + 0.5);
    const heights = Array.from({length: fps}, (_, i) => sound.at(hit + i, fps).pulse('kick', 0.2));
    heights.slice(1).forEach((height, i) => expect(height).toBeLessThan(heights[i]));
    const later = Math.round(0.4 * fps);
    const age = sound.at(hit + later, fps).t0 - 300_007 / 48_000;
    expect(heights[later]).toBeCloseTo(Math.exp(-age / 0.2), 6);
  });

  test('nothing is seen before it', () => {
    const hit = Math.floor((481 / 48_000) * fps + 0.5);
    for (let frame = 0; frame < hit; frame++) expect(sound.at(frame, fps).pulse('kick', 0.2)).toBe(0);
  });

  test('its age is never negative', () => {
    const hit = Math.floor((223_456 / 48_000) * fps + 0.5);
    expect(sound.at(hit - 1, fps).since('kick')?.index).toBe(3);
    expect(sound.at(hit, fps).since('kick')).toMatchObject({index: 4, strength: 1});
    for (let frame = 0; frame < 100; frame++) {
      expect(sound.at(frame, fps).since('kick')?.ageS ?? 0).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('a frame of a song', () => {
  const {on, barS} = song(124);
  const sound = new FrameSound(analyseAll(pcmOf(on, 0.6)));
  const frameAt = (/** @type {number} */ t) => Math.round(t * 30);

  test('has bands that follow the frame', () => {
    const drop = sound.at(frameAt(17 * barS), 30).bands.slice();
    const quiet = sound.at(frameAt(2 * barS), 30).bands.slice();
    expect(drop.reduce((a, b) => a + b)).toBeGreaterThan(quiet.reduce((a, b) => a + b));
  });

  test('looks back', () => {
    sound.at(frameAt(20), 30);
    expect(sound.history('bass', 1.5)).toBe(sound.track.value('bass', sound.t - 1.5));
  });

  test('blends from one section into the next', () => {
    const start = sound.track.sections[2].startS;
    expect(sound.at(frameAt(start + 3), 30).sectionBlend(2).mix).toBe(1);
    const within = sound.at(frameAt(start + 1), 30).sectionBlend(2);
    expect([within.from.index, within.to.index]).toEqual([1, 2]);
    expect(within.mix).toBeGreaterThan(0.4);
    expect(within.mix).toBeLessThan(0.6);
    expect(sound.at(0, 30).sectionBlend(2)).toMatchObject({mix: 1, to: {index: 0}});
  });

  test('is most intense in the drop and holds back in the intro', () => {
    const intro = sound.at(frameAt(4 * barS), 30).intensity;
    const drop = sound.at(frameAt(20 * barS), 30).intensity;
    expect(drop).toBeGreaterThan(0.9);
    expect(intro).toBeLessThan(0.4 * drop);
  });

  test('drifts on by the integral', () => {
    const before = sound.at(600, 30).integral('loudness');
    const after = sound.at(601, 30).integral('loudness');
    expect(after - before).toBeCloseTo(sound.loudness / 30, 2);
  });
});

test('a kick in sound is hit in its frame', () => {
  const on = stage(4);
  const times = [0.51, 1.234, 2.007, 3.3];
  times.forEach((time) => place(on, kick(), time, 0.8));
  const sound = new FrameSound(analyseAll(pcmOf(on)));
  for (const time of times) {
    const hit = sound.at(Math.round(time * 30), 30).pulse('onset', 0.2);
    const before = sound.at(Math.round(time * 30) - 1, 30).pulse('onset', 0.2);
    expect(hit).toBeGreaterThan(0.7);
    expect(before).toBeLessThan(0.3);
  }
});
