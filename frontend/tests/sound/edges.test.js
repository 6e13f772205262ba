// Songs that hardly are any: silence, a moment, one side only.
import {describe, expect, test} from 'vitest';
import {analyseAll} from '../../sound/analyse.js';
import {decodeTrack, encodeTrack} from '../../sound/track.js';
import {kick, pcmOf, place, sound, stage} from './signals.js';

/** Every number of a track that is not whole by its type. @param {ReturnType<typeof analyseAll>} track */
function numbersOf({data}) {
  return [data.beatStrength, data.drop, data.peak, data.tempoBpm ?? 0, data.integratedLufs ?? 0,
    ...data.sections.flatMap(({start, end, energy}) => [start, end, energy])];
}

describe('silence', () => {
  test.each([0, 0.005, 0.5, 5])('of %d s has one section and nothing in it', (seconds) => {
    const track = analyseAll(pcmOf(stage(seconds)));
    expect(track.rows).toBe(Math.floor(track.samples / 480) + 1);
    expect(track.sections.map(({startS, endS}) => [startS, endS])).toEqual([[0, track.durationS]]);
    expect([track.tempoBpm, track.integratedLufs, track.truePeakDb]).toEqual([null, null, null]);
    expect(track.onsets).toEqual([]);
    expect(Math.max(...track.data.bands, ...track.data.loudness, ...track.data.wave)).toBe(0);
    expect(numbersOf(track).every(Number.isFinite)).toBe(true);
    expect(decodeTrack(encodeTrack(track.data)).sectionAt(1).index).toBe(0);
  });
});

describe('half a second of drum', () => {
  const on = stage(0.5);
  place(on, kick(), 0.005);
  const track = analyseAll(pcmOf(on));

  test('begins with its attack, though that lies in the first 10 ms', () => {
    expect(track.onsets.length).toBe(1);
    expect(Math.abs(track.onsets[0].timeS - 0.005)).toBeLessThan(0.003);
  });

  test('has finite numbers throughout', () => {
    expect(numbersOf(track).every(Number.isFinite)).toBe(true);
    expect(track.value('bass', 0.05)).toBeGreaterThan(0.3);
  });
});

describe('balance', () => {
  test.each([[-1, -1], [0, 0], [1, 1]])('of a sound on side %i is %i', (side, expected) => {
    const on = stage(2);
    place(on, sound(2, (t) => 0.3 * Math.sin(2 * Math.PI * 500 * t)), 0, 1, side);
    expect(analyseAll(pcmOf(on)).value('balance', 1)).toBeCloseTo(expected, 2);
  });
});

test('channels that cancel are heard all the same', () => {
  const on = stage(2);
  place(on, sound(2, (t) => 0.3 * Math.sin(2 * Math.PI * 1000 * t)), 0);
  on.right = on.left.map((x) => -x);
  const track = analyseAll(pcmOf(on));
  expect(track.value('mid', 1)).toBeGreaterThan(0.7);
  expect(track.bandsAt(1, new Float32Array(64)).some((level) => level > 0.8)).toBe(true);
});
