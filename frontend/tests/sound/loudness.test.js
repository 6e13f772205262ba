// Loudness against the signals of EBU Tech 3341, true peak against a sine between the samples.
import {expect, test} from 'vitest';
import {analyseAll} from '../../sound/analyse.js';
import {pcmOf, place, sound, stage} from './signals.js';

/** @param {number} seconds @param {number} dbfs @param {number} [hz] @param {number} [phase] */
function tone(seconds, dbfs, hz = 1000, phase = 0) {
  const peak = 10 ** (dbfs / 20);
  return sound(seconds, (t) => peak * Math.sin(2 * Math.PI * hz * t + phase));
}

test.each([-23, -33])('a stereo tone of %i dBFS has that loudness in LUFS', (level) => {
  const on = stage(20);
  place(on, tone(20, level), 0);
  expect(Math.abs((analyseAll(pcmOf(on)).integratedLufs ?? 0) - level)).toBeLessThan(0.1);
});

test('quiet stretches are gated', () => {
  const on = stage(80);
  [[10, -36, 0], [60, -23, 10], [10, -36, 70]].forEach(([length, level, at]) => place(on, tone(length, level), at));
  expect(Math.abs((analyseAll(pcmOf(on)).integratedLufs ?? 0) + 23)).toBeLessThan(0.1);
});

test('a peak between two samples is seen', () => {
  const on = stage(1);
  place(on, tone(1, -6, 12_000, Math.PI / 4), 0);
  const {truePeakDb} = analyseAll(pcmOf(on));
  expect(truePeakDb).toBeGreaterThan(-6.4);
  expect(truePeakDb).toBeLessThan(-5.6);
});
