// The whole track sets the gain: quiet songs move as loud ones do, and nothing breaks on damaged ones.
import {describe, expect, test} from 'vitest';
import {analyseAll} from '../../sound/analyse.js';
import {pcmOf, song} from './signals.js';

const {on} = song(128);
const loud = analyseAll(pcmOf(on, 0.3));

/** Mean distance of a curve in two tracks. @param {'bass'|'mid'|'treble'|'loudness'} name @param {typeof loud} other */
function distance(name, other) {
  let sum = 0;
  for (let row = 0; row < loud.rows; row++) sum += Math.abs(loud.data[name][row] - other.data[name][row]);
  return sum / loud.rows / 65535;
}

/** @param {typeof loud} other */
function bandDistance(other) {
  const sum = loud.data.bands.reduce((total, value, i) => total + Math.abs(value - other.data.bands[i]), 0);
  return sum / loud.data.bands.length / 65535;
}

describe('a song 30 dB quieter', () => {
  const quiet = analyseAll(pcmOf(on, 0.3 * 10 ** (-30 / 20)));

  test('has nearly the same curves and bands', () => {
    for (const name of /** @type {const} */ (['bass', 'mid', 'treble', 'loudness'])) {
      // The noise of 16 bits, 30 dB nearer, is what is left between them.
      expect(distance(name, quiet)).toBeLessThan(0.04);
    }
    expect(bandDistance(quiet)).toBeLessThan(0.03);
  });

  test('has the same kicks and beats', () => {
    const count = loud.events.kick.times.length;
    expect(Math.abs(quiet.events.kick.times.length - count)).toBeLessThan(0.06 * count);
    expect(quiet.tempoBpm).toBeCloseTo(loud.tempoBpm ?? 0, 0);
  });
});

describe('gain', () => {
  test('puts the 95th percentile of the energies near 0.85', () => {
    for (const name of /** @type {const} */ (['bass', 'mid', 'treble', 'loudness'])) {
      const active = loud.data[name].filter((value) => value > 300).sort();
      expect(active[Math.floor(0.95 * active.length)] / 65535).toBeCloseTo(0.85, 1);
    }
  });

  test('holds for a song that is clipped', () => {
    const clipped = analyseAll(pcmOf(on, 4));
    expect(clipped.data.loudness.filter((value) => value > 65000).length).toBeLessThan(0.05 * clipped.rows);
    expect(clipped.tempoBpm).toBeCloseTo(128, 0);
  });

  test('is not moved by a DC offset', () => {
    const shifted = analyseAll(pcmOf(on, 0.3, 0.2));
    expect(distance('bass', shifted)).toBeLessThan(0.01);
    expect(bandDistance(shifted)).toBeLessThan(0.01);
    expect(shifted.events.kick.times.length).toBe(loud.events.kick.times.length);
  });
});

test('A-weighting takes the lows back and is written into the track', () => {
  const weighted = analyseAll(pcmOf(on, 0.3), {weighting: 'A'});
  const lows = (/** @type {typeof loud} */ {data}) =>
    data.bands.reduce((sum, value, i) => sum + (i % 64 < 8 ? value : 0), 0);
  expect(lows(weighted)).toBeLessThan(0.7 * lows(loud));
  expect(weighted.data.weighting).toBe('A');
});
