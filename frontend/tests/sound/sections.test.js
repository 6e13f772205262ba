// Sections, the drop and the poster's moment.
import {describe, expect, test} from 'vitest';
import {analyseAll} from '../../sound/analyse.js';
import {peakBetween} from '../../sound/peak.js';
import {pcmOf, song} from './signals.js';

describe('the sections of a song', () => {
  const {on, sections, barS} = song(124);
  const track = analyseAll(pcmOf(on, 0.6));
  const startOf = (/** @type {number} */ i) => sections[i].startS;

  test('begin where its parts do', () => {
    expect(track.sections.length).toBe(sections.length);
    track.sections.forEach(({startS}, i) => expect(Math.abs(startS - startOf(i))).toBeLessThan(0.05));
  });

  test('cover it without gaps', () => {
    expect(track.sections[0].startS).toBe(0);
    track.sections.slice(1).forEach(({startS}, i) => expect(startS).toBe(track.sections[i].endS));
    expect(track.sections[track.sections.length - 1].endS).toBe(track.durationS);
  });

  test('are called after what they do', () => {
    const labels = track.sections.map(({label}) => label);
    expect([labels[0], labels[2], labels[3], labels[4]]).toEqual(['intro', 'drop', 'break', 'drop']);
  });

  test('tell the strong from the quiet', () => {
    const [intro, , drop, quiet] = track.sections.map(({energy}) => energy);
    expect(Math.max(intro, quiet)).toBeLessThan(0.5 * drop);
  });

  test('lift the intensity on the first beat of the drop, not before', () => {
    const late = startOf(4);
    expect(track.value('intensity', late - 0.02)).toBeLessThan(0.4);
    expect(track.value('intensity', late + 0.3)).toBeGreaterThan(0.8);
  });

  test('put the peak into a drop', () => {
    const {label} = track.sectionAt(track.peakS);
    expect(label).toBe('drop');
    expect(track.dropS).toBeGreaterThan(barS);
  });

  test('have a strongest moment each, away from their ends', () => {
    expect(peakBetween(track, 0, track.durationS)).toBeCloseTo(track.peakS, 6);
    for (const {startS, endS} of track.sections.slice(1)) {
      const peak = peakBetween(track, startS, endS);
      expect(peak).toBeGreaterThanOrEqual(startS + 0.99);
      expect(peak).toBeLessThanOrEqual(endS - 0.99);
      expect(track.onsets.some(({timeS}) => Math.abs(timeS - peak) < 1e-6)).toBe(true);
    }
  });

  test('have their loudest moment where nothing is struck', () => {
    const peak = peakBetween(track, startOf(2) + 0.02, startOf(2) + 0.06);
    expect(peak).toBeGreaterThanOrEqual(startOf(2) + 0.02);
    expect(peak).toBeLessThan(startOf(2) + 0.06);
  });

  test('tell their progress', () => {
    const middle = track.sectionAt((startOf(2) + startOf(3)) / 2);
    expect(middle.index).toBe(2);
    expect(middle.progress).toBeCloseTo(0.5, 1);
  });
});
