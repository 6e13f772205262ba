// The strongest moment of a song, or of a part of it: it makes the poster.
import {KICK} from './events.js';
import {HOP_S, SAMPLE_RATE} from './grid.js';

/**
 * A stroke at a sample of the song; `kinds` are bits as in events.js, `strength` is 0..1.
 * @typedef {{sample: number, kinds: number, strength: number}} Stroke
 */

/** A part is cut out of a sound at both ends: what is heard there may be no stroke, and titles are not there yet. */
const EDGE_S = 1;
/** After a break begins, its first stroke still stands at the height of the drop before. */
const LATER_S = 0.25;

/**
 * Sample of the strongest moment of some rows: the heaviest stroke where the song is most intense, or the loudest row
 * where there is no stroke.
 * @param {Stroke[]} strokes
 * @param {Uint16Array} intensity
 * @param {Uint16Array} loudness
 * @param {number} [first] row
 * @param {number} [last] row, not included
 */
export function findPeak(strokes, intensity, loudness, first = 0, last = intensity.length) {
  let best = {sample: loudestRow(loudness, first, last) * SAMPLE_RATE * HOP_S, worth: -Infinity};
  for (const {sample, kinds, strength} of strokes) {
    const row = Math.min(intensity.length - 1, Math.round(sample / SAMPLE_RATE / HOP_S));
    if (row < first || row >= last) continue;
    const atEdge = row < first + EDGE_S / HOP_S || row >= last - EDGE_S / HOP_S ? 1 : 0;
    const intense = Math.min(intensity[row], intensity[Math.min(intensity.length - 1, row + LATER_S / HOP_S)]);
    const worth = (2 * intense + loudness[row]) / 65535 + strength + (kinds & KICK ? 0.5 : 0) - atEdge;
    if (worth > best.worth) best = {sample, worth};
  }
  return Math.round(best.sample);
}

/**
 * The strongest moment between two times of a song, in seconds.
 * @param {import('./track.js').FeatureTrack} track
 * @param {number} startS
 * @param {number} endS
 */
export function peakBetween({data}, startS, endS) {
  const strokes = Array.from(data.onsetSamples, (sample, i) => (
    {sample, kinds: data.onsetKinds[i], strength: data.onsetStrength[i] / 65535}));
  const [first, last] = [startS, endS].map((seconds) => Math.min(data.rows, Math.max(0, Math.round(seconds / HOP_S))));
  return findPeak(strokes, data.intensity, data.loudness, first, last) / data.sampleRate;
}

/**
 * @param {Uint16Array} loudness
 * @param {number} first
 * @param {number} last
 */
function loudestRow(loudness, first, last) {
  let best = first;
  for (let row = first; row < last; row++) if (loudness[row] > loudness[best]) best = row;
  return best;
}
