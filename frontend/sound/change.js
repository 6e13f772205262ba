// How much the sound changes across the beats of a pulse: chords and patterns change on beats, not between them.
import {BAND_COUNT, HOP_S} from './grid.js';

/** Beats that are looked at, spread over the song. */
const MOST_BEATS = 1200;

/**
 * Mean squared distance of the bands of the beat before to those of the beat after, over the beats of a pulse.
 * @param {Uint16Array} bands rows x 64
 * @param {number} start of the first beat in seconds
 * @param {number} period
 */
export function changeOnBeats(bands, start, period) {
  const rows = bands.length / BAND_COUNT;
  const beats = Math.floor((rows * HOP_S - start) / period) - 1;
  // Odd, so that it does not fall on the same beat of every bar.
  const step = 2 * Math.floor(Math.max(0, beats) / MOST_BEATS / 2) + 1;
  let sum = 0;
  let count = 0;
  for (let beat = 1; beat < beats; beat += step) {
    sum += changeAt(bands, start + beat * period, period);
    count += 1;
  }
  return count > 0 ? sum / count : 0;
}

/** @param {Uint16Array} bands @param {number} timeS @param {number} span */
function changeAt(bands, timeS, span) {
  const middle = Math.round(timeS / HOP_S);
  const reach = Math.round(span / HOP_S);
  const before = meanBands(bands, middle - reach, middle);
  const after = meanBands(bands, middle, middle + reach);
  return before.reduce((sum, level, i) => sum + (after[i] - level) ** 2, 0) / BAND_COUNT;
}

/** @param {Uint16Array} bands @param {number} from @param {number} to */
function meanBands(bands, from, to) {
  const first = Math.max(0, from);
  const last = Math.min(bands.length / BAND_COUNT, to);
  const mean = new Float64Array(BAND_COUNT);
  for (let row = first; row < last; row++) {
    for (let i = 0; i < BAND_COUNT; i++) mean[i] += bands[row * BAND_COUNT + i];
  }
  return mean.map((sum) => sum / 65535 / Math.max(1, last - first));
}
