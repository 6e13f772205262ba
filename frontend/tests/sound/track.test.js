// The stored track: the same bytes from the same song, read back without loss, read between its rows.
import {describe, expect, test} from 'vitest';
import {Analyser, analyseAll} from '../../sound/analyse.js';
import {FeatureTrack, TrackFormatError, decodeTrack, encodeTrack} from '../../sound/track.js';
import {kick, note, pcmOf, place, seeded, snare, stage} from './signals.js';

/** Twelve seconds of drums over a note. */
function shortSong() {
  const random = seeded(4);
  const on = stage(12.003);
  place(on, note(220, 12), 0, 0.3, 0.4);
  for (let i = 0; i < 23; i++) place(on, i % 2 ? snare(random) : kick(), 0.5 * i + 0.2, 0.6);
  return pcmOf(on);
}

const pcm = shortSong();
const track = analyseAll(pcm);
const bytes = new Uint8Array(encodeTrack(track.data));

/** Where two tracks begin to differ, -1 where they do not. @param {Uint8Array} other */
function firstDifference(other) {
  return other.length === bytes.length ? other.findIndex((byte, i) => byte !== bytes[i]) : 0;
}

/** @param {number} blockSamples */
function bytesInBlocksOf(blockSamples) {
  const analyser = new Analyser({totalSamples: pcm.length / 2});
  for (let from = 0; from < pcm.length; from += 2 * blockSamples) {
    analyser.push(pcm.subarray(from, from + 2 * blockSamples));
  }
  return new Uint8Array(encodeTrack(analyser.finish()));
}

describe('bytes', () => {
  test('are the same twice', () => {
    expect(firstDifference(bytesInBlocksOf(pcm.length))).toBe(-1);
  });

  test.each([1, 77, 480, 4801, 65_536])('do not depend on blocks of %i samples', (size) => {
    expect(firstDifference(bytesInBlocksOf(size))).toBe(-1);
  });

  test('do not depend on a wrong guess of the length', () => {
    const analyser = new Analyser({totalSamples: 10});
    analyser.push(pcm);
    expect(firstDifference(new Uint8Array(encodeTrack(analyser.finish())))).toBe(-1);
  });

  test('come back as the same data', () => {
    const read = decodeTrack(encodeTrack(track.data));
    expect(firstDifference(new Uint8Array(encodeTrack(read.data)))).toBe(-1);
    expect(read.data.sections).toEqual(track.data.sections);
    expect(read.onsets).toEqual(track.onsets);
    expect(read.onsets.length).toBeGreaterThan(20);
  });

  test('are refused when cut short, foreign or of another version', () => {
    const whole = encodeTrack(track.data);
    const changed = (/** @type {number} */ word, /** @type {number} */ value) => {
      const copy = whole.slice(0);
      new Uint32Array(copy)[word] = value;
      return copy;
    };
    for (const bad of [whole.slice(0, 8), whole.slice(0, 200), whole.slice(0, -64), changed(0, 7), changed(1, 99)]) {
      expect(() => decodeTrack(bad)).toThrow(TrackFormatError);
    }
  });
});

describe('frames', () => {
  test.each([24, 30, 60])('at %i fps are counted in whole numbers', (fps) => {
    expect(track.frameCount(fps)).toBe(Math.floor((576_144 * fps) / 48_000 + 0.5));
  });
});

describe('curves', () => {
  test('are straight between rows and held outside', () => {
    const {loudness} = track.data;
    expect(track.value('loudness', 3.004)).toBeCloseTo((0.6 * loudness[300] + 0.4 * loudness[301]) / 65535, 12);
    expect(track.value('loudness', -1)).toBe(loudness[0] / 65535);
    expect(track.value('loudness', 99)).toBe(loudness[track.rows - 1] / 65535);
  });

  test('integrate exactly what they show', () => {
    for (const end of [0, 0.0049, 0.01, 1.2345, 7.77, 12, 14]) {
      let sum = 0;
      const step = 0.0001;
      for (let t = step / 2; t < end; t += step) sum += track.value('bass', t) * step;
      expect(track.integral('bass', end)).toBeCloseTo(sum, 4);
    }
  });

  test('integrate without rounding over an hour', () => {
    const rows = 360_001;
    const data = {...track.data, rows, bass: new Uint16Array(rows).fill(65535)};
    const hour = new FeatureTrack(data);
    expect(hour.integral('bass', 3600)).toBe(3600);
    expect(hour.integral('bass', 3599.995)).toBeCloseTo(3599.995, 9);
  });

  test('show one band as all bands do', () => {
    const all = track.bandsAt(4.567, new Float32Array(64));
    expect(track.band(20, 4.567)).toBeCloseTo(all[20], 6);
  });

  test('rise with the attack and do not lag', () => {
    const [, second] = track.eventsBetween('kick', 0, 12);
    const before = track.value('bass', second.timeS - 0.02);
    const after = track.value('bass', second.timeS + 0.02);
    expect(after - before).toBeGreaterThan(0.3);
  });
});

describe('waveform', () => {
  test('of a steady tone stands still', () => {
    const on = stage(3);
    place(on, note(110, 3), 0);
    const tone = analyseAll(pcmOf(on));
    const first = tone.waveform(1, 0.03, new Float32Array(96)).slice();
    const later = tone.waveform(1.0137, 0.03, new Float32Array(96));
    const size = Math.max(...first.map(Math.abs));
    expect(size).toBeGreaterThan(0.5);
    expect(Math.max(...first.map((value, i) => Math.abs(value - later[i])))).toBeLessThan(0.25 * size);
  });
});
