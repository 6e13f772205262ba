// How near each moment is to the song's strongest, slowly; and where the drop is.
import {HOP_S, SAMPLE_RATE} from './grid.js';
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
