// Tempo and beats, against songs whose beats are known.
import {describe, expect, test} from 'vitest';
import {analyseAll} from '../../sound/analyse.js';
import {hat, kick, pcmOf, place, seeded, song, sound, stage} from './signals.js';

describe.each([90, 124, 140])('a song at %i BPM', (bpm) => {
  const {on, truth} = song(bpm);
  const track = analyseAll(pcmOf(on, 0.6));

  test('has that tempo', () => {
    expect(Math.abs((track.tempoBpm ?? 0) - bpm)).toBeLessThan(1);
  });

  test('has its beats within 30 ms, through the break as well', () => {
    const off = truth.beats.map((beat) => Math.min(...Array.from(track.beats, (found) => Math.abs(found - beat))));
    expect(Math.max(...off)).toBeLessThan(0.03);
    expect(track.beats.length).toBeLessThanOrEqual(truth.beats.length + 2);
  });

  test('counts its phase from beat to beat', () => {
    const [, second, third] = truth.beats;
    expect(Math.abs(track.beatPhase((second + third) / 2) - 0.5)).toBeLessThan(0.07);
  });
});

test('a song that speeds up is followed', () => {
  const on = stage(40);
  const random = seeded(8);
  const strokes = [kick(), hat(random, 0.02)];
  const times = [];
  for (let at = 0.3, i = 0; at < 39; at += 0.5 - 0.0012 * i, i++) {
    times.push(at);
    place(on, strokes[0], at, 0.8);
    place(on, strokes[1], at + 0.25, 0.3);
  }
  const found = Array.from(analyseAll(pcmOf(on)).beats);
  const near = times.filter((time) => found.some((beat) => Math.abs(beat - time) < 0.03)).length;
  expect(near / times.length).toBeGreaterThan(0.85);
});

test('noise has no tempo', () => {
  const random = seeded(2);
  const on = stage(15);
  place(on, sound(15, () => 0.3 * (2 * random() - 1)), 0);
  const track = analyseAll(pcmOf(on));
  expect(track.tempoBpm).toBeNull();
  expect(track.beats.length).toBe(0);
  expect(track.beatPhase(3)).toBe(0);
});
