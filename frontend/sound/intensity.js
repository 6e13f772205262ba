// How near each moment is to the song's strongest, slowly; where the drop is; and which moment makes the poster.
import {HOP_S, SAMPLE_RATE} from './grid.js';
import {KICK} from './events.js';
import {mapped} from './mapped.js';

/** @typedef {import('./track-codec.js').SectionData} SectionData */
/** @typedef {import('./onsets.js').FoundOnset} FoundOnset */

/** Loudness is averaged over this long to each side, but never across the start of a section. */
const REACH_S = 1.5;
/** A new section takes over within this time, so that a drop lands on its first beat. */
const TAKEOVER_S = 0.25;
/** Parts differ less in numbers than they feel: this holds the weaker ones back. */
const CONTRAST = 1.6;
/** What the section counts against the moment's own loudness. */
const SECTION_SHARE = 0.6;
/** What a drop is compared with, and how long it must last to count in full. */
const MEMORY_S = 30;
const LASTING_S = 8;
const EDGE_S = 1;

/**
 * @param {Uint16Array} loudness
 * @param {SectionData[]} sections
 * @returns {Uint16Array} 0..65535, one a row
 */
export function findIntensity(loudness, sections) {
  const sums = new Float64Array(loudness.length + 1);
  for (let row = 0; row < loudness.length; row++) sums[row + 1] = sums[row] + loudness[row];
  const own = new Float64Array(loudness.length);
  for (const {start, end, energy} of sections) {
    const first = Math.min(loudness.length, Math.round(start / SAMPLE_RATE / HOP_S));
    const last = end === sections[sections.length - 1].end ? loudness.length : Math.round(end / SAMPLE_RATE / HOP_S);
    fillSection(own, sums, first, last, energy);
  }
  const most = own.reduce((a, b) => Math.max(a, b), 0);
  const smooth = takeOver(own);
  const full = Math.max(most, 0.5);
  return mapped(Uint16Array, smooth, (value) => Math.round(65535 * (value / full) ** CONTRAST));
}

/**
 * @param {Float64Array} out
 * @param {Float64Array} sums
 * @param {number} first
 * @param {number} last
 * @param {number} energy
 */
function fillSection(out, sums, first, last, energy) {
  const reach = Math.round(REACH_S / HOP_S);
  for (let row = first; row < last; row++) {
    const from = Math.max(first, row - reach);
    const to = Math.min(last, row + reach);
    const loud = to > from ? (sums[to] - sums[from]) / (to - from) / 65535 : 0;
    // A silent moment is never intense, whatever its section.
    out[row] = Math.min(1, 3 * loud) * (SECTION_SHARE * energy + (1 - SECTION_SHARE) * loud);
  }
}

/** Straight ramps from the moment on where the values jump. @param {Float64Array} values */
function takeOver(values) {
  const length = Math.round(TAKEOVER_S / HOP_S);
  const sums = new Float64Array(values.length + 1);
  for (let row = 0; row < values.length; row++) sums[row + 1] = sums[row] + values[row];
  return values.map((_, row) => {
    const from = Math.max(0, row - length + 1);
    return (sums[row + 1] - sums[from]) / (row + 1 - from);
  });
}

/**
 * Sample at which the drop begins: the start of a strong and lasting section that comes with the largest step up
 * from the half minute before; the start of the strongest section where nothing steps up.
 * @param {SectionData[]} sections
 */
export function findDrop(sections) {
  const worth = sections.map(({start, end, energy}) => {
    const lasts = Math.min(1, (end - start) / (LASTING_S * SAMPLE_RATE));
    return lasts * (energy + 1.5 * (energy - energyBefore(sections, start, energy)));
  });
  return sections[worth.indexOf(Math.max(...worth))].start;
}

/**
 * Mean energy of the half minute before a moment.
 * @param {SectionData[]} sections
 * @param {number} moment
 * @param {number} atStart what to take at the start of the song
 */
function energyBefore(sections, moment, atStart) {
  const from = moment - MEMORY_S * SAMPLE_RATE;
  let sum = 0;
  let length = 0;
  for (const {start, end, energy} of sections) {
    const part = Math.max(0, Math.min(end, moment) - Math.max(start, from));
    sum += part * energy;
    length += part;
  }
  return length > 0 ? sum / length : atStart;
}

/**
 * Sample of the song's strongest moment: the heaviest stroke where the song is most intense.
 * @param {FoundOnset[]} onsets
 * @param {Uint16Array} intensity
 * @param {Uint16Array} loudness
 */
export function findPeak(onsets, intensity, loudness) {
  let best = {sample: loudestRow(loudness) * SAMPLE_RATE * HOP_S, worth: -Infinity};
  for (const {sample, kinds, strength} of onsets) {
    const row = Math.min(intensity.length - 1, Math.round(sample / SAMPLE_RATE / HOP_S));
    // An excerpt is cut out of a sound at both ends: what is heard there may be no stroke at all.
    const atEdge = row < EDGE_S / HOP_S || row >= intensity.length - EDGE_S / HOP_S ? 1 : 0;
    // A little later as well: the first stroke of a break still stands at the height of the drop before.
    const intense = Math.min(intensity[row], intensity[Math.min(intensity.length - 1, row + TAKEOVER_S / HOP_S)]);
    const worth = (2 * intense + loudness[row]) / 65535 + strength + (kinds & KICK ? 0.5 : 0) - atEdge;
    if (worth > best.worth) best = {sample, worth};
  }
  return Math.round(best.sample);
}

/** @param {Uint16Array} loudness */
function loudestRow(loudness) {
  let best = 0;
  for (let row = 0; row < loudness.length; row++) if (loudness[row] > loudness[best]) best = row;
  return best;
}
