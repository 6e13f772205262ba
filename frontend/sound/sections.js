// Sections: where the sound of a song changes for good, and how strong each part is.
import {BAND_COUNT, HOP_S, SAMPLE_RATE} from './grid.js';
import {HAT, KICK, SNARE} from './events.js';
import {percentile} from './percentile.js';
import {nameSections} from './section-names.js';

/** @typedef {import('./track-codec.js').SectionData} SectionData */
/**
 * @typedef {{bands: Uint16Array, bass: Uint16Array, treble: Uint16Array, loudness: Uint16Array,
 *   onsets: import('./onsets.js').FoundOnset[], beats: Float64Array, samples: number}} Heard
 */
/** What a stretch of about a beat sounds like. @typedef {Float64Array} Sound */

const LEAST_SECTION_S = 4;
/** Without beats the song is looked at in steps of this length. */
const STEP_S = 0.5;
/** Stretches on both sides of a boundary that are compared, in beats, and what each comparison counts. */
const SPANS = [[4, 0.25], [8, 0.3], [16, 0.3], [32, 0.15]];
/** A boundary changes the sound by at least this share of the song's largest change, and by this much at all. */
const LEAST_SHARE = 0.3;
const LEAST_CHANGE = 0.17;
/** Sections begin on bar lines and mostly on every fourth of them: how much more a boundary there is believed. */
const FAVOURED = [[4, 1.2], [16, 1.15]];
const GROUP = 4;
/** What loudness, bass, treble, kick, snare and hat count against one group of bands. */
const FEEL = [2.5, 2.5, 1, 2, 1, 1];

/**
 * The parts of a song in order; they cover it without gaps.
 * @param {Heard} heard
 * @returns {SectionData[]}
 */
export function findSections(heard) {
  const marks = beatMarks(heard.beats, heard.samples / SAMPLE_RATE);
  const sounds = marks.slice(0, -1).map((from, i) => soundBetween(heard, from, marks[i + 1]));
  const starts = boundaries(sounds, marks);
  const sections = starts.map((first, i) => {
    const end = starts[i + 1] ?? sounds.length;
    return {
      start: i === 0 ? 0 : Math.round(marks[first] * SAMPLE_RATE),
      end: i === starts.length - 1 ? heard.samples : Math.round(marks[end] * SAMPLE_RATE),
      // The median, so that a tail or a bar without drums does not make a strong part weak.
      power: percentile(sounds.slice(first, end).map(powerOf), 0.5),
      rise: rise(sounds.slice(first, end).map(tensionOf)),
    };
  });
  return nameSections(sections);
}

/**
 * Times that part the song into beats, continued to both ends; the first is 0, the last its end.
 * @param {Float64Array} beats
 * @param {number} durationS
 */
function beatMarks(beats, durationS) {
  const period = beats.length > 8 ? (beats[beats.length - 1] - beats[0]) / (beats.length - 1) : STEP_S;
  const inner = beats.length > 8 ? Array.from(beats) : [STEP_S];
  while (inner[0] - period > period / 2) inner.unshift(inner[0] - period);
  while (inner[inner.length - 1] + 1.5 * period < durationS) inner.push(inner[inner.length - 1] + period);
  return [0, ...inner.filter((mark) => mark > period / 4 && mark < durationS - period / 4), durationS];
}

/**
 * Bands in groups, energies and drums of a stretch, each about 0..1.
 * @param {Heard} heard
 * @param {number} from
 * @param {number} to
 * @returns {Sound}
 */
function soundBetween({bands, bass, treble, loudness, onsets}, from, to) {
  const rows = loudness.length;
  const first = Math.min(rows - 1, Math.round(from / HOP_S));
  const last = Math.max(first + 1, Math.min(rows, Math.round(to / HOP_S)));
  const groups = BAND_COUNT / GROUP;
  const sound = new Float64Array(groups + 6);
  for (let row = first; row < last; row++) {
    for (let i = 0; i < BAND_COUNT; i++) sound[(i / GROUP) | 0] += bands[row * BAND_COUNT + i] / GROUP;
    sound[groups] += loudness[row];
    sound[groups + 1] += bass[row];
    sound[groups + 2] += treble[row];
  }
  for (let i = 0; i < groups + 3; i++) sound[i] /= 65535 * (last - first);
  addDrums(sound.subarray(groups + 3), onsets, from, to);
  return sound;
}

/**
 * @param {Float64Array} drums kick, snare and hat, filled with the strongest of each
 * @param {import('./onsets.js').FoundOnset[]} onsets
 * @param {number} from
 * @param {number} to
 */
function addDrums(drums, onsets, from, to) {
  // A little early, so that a stroke on the beat counts for the beat that it opens.
  const early = 0.03 * SAMPLE_RATE;
  for (let i = firstAt(onsets, from * SAMPLE_RATE - early); i < onsets.length; i++) {
    const {sample, kinds, low, mid, high} = onsets[i];
    if (sample >= to * SAMPLE_RATE - early) break;
    if (kinds & KICK) drums[0] = Math.max(drums[0], low);
    if (kinds & SNARE) drums[1] = Math.max(drums[1], mid);
    if (kinds & HAT) drums[2] = Math.max(drums[2], high);
  }
}

/** @param {import('./onsets.js').FoundOnset[]} onsets @param {number} sample */
function firstAt(onsets, sample) {
  let low = 0;
  let high = onsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (onsets[middle].sample < sample) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How strong a stretch feels: loudness above all, then the lows and the drums. @param {Sound} sound */
function powerOf(sound) {
  const [loudness, bass, treble, kick, snare, hat] = sound.subarray(-6);
  return 0.5 * loudness + 0.2 * bass + 0.08 * treble + 0.14 * kick + 0.05 * snare + 0.03 * hat;
}

/** What climbs in a build, even while the drums pause. @param {Sound} sound */
function tensionOf(sound) {
  const [loudness, , treble] = sound.subarray(-6);
  return 0.5 * loudness + 0.5 * treble;
}

/**
 * Stretches at which sections begin, 0 first.
 * @param {Sound[]} sounds
 * @param {number[]} marks
 */
function boundaries(sounds, marks) {
  const change = changes(sounds);
  const least = Math.max(LEAST_CHANGE, LEAST_SHARE * Math.max(...change));
  const candidates = Array.from(change.keys())
    .filter((i) => change[i] >= least && change[i] === Math.max(...change.slice(Math.max(0, i - 4), i + 5)))
    .sort((a, b) => change[b] - change[a] || a - b);
  const starts = [0];
  for (const i of candidates) {
    const edges = [...starts.map((start) => marks[start]), marks[marks.length - 1]];
    if (edges.every((edge) => Math.abs(edge - marks[i]) >= LEAST_SECTION_S)) starts.push(i);
  }
  return starts.sort((a, b) => a - b);
}

/**
 * How much the sound before each stretch differs from the sound from there on, over several spans.
 * @param {Sound[]} sounds
 */
function changes(sounds) {
  const sums = runningSums(sounds);
  const plain = sounds.map((_, i) =>
    SPANS.reduce((sum, [span, weight]) => sum + weight * difference(sums, i, span), 0));
  return FAVOURED.reduce((change, [length, favour]) => {
    const start = commonStart(change, length);
    return change.map((value, i) => (i % length === start ? favour * value : value));
  }, plain);
}

/**
 * On which of `length` beats the changes fall most.
 * @param {number[]} change
 * @param {number} length
 */
function commonStart(change, length) {
  const weight = Array.from({length}, (_, beat) =>
    change.reduce((sum, value, i) => sum + (i % length === beat ? value * value : 0), 0));
  return weight.indexOf(Math.max(...weight));
}

/** @param {Sound[]} sounds */
function runningSums(sounds) {
  const sums = [new Float64Array(sounds[0].length)];
  for (const sound of sounds) sums.push(sums[sums.length - 1].map((sum, i) => sum + sound[i]));
  return sums;
}

/**
 * Distance of the mean sounds of `span` stretches on both sides; near the ends of the song, of what is left.
 * @param {Float64Array[]} sums
 * @param {number} at
 * @param {number} span
 */
function difference(sums, at, span) {
  const before = Math.min(span, at);
  const after = Math.min(span, sums.length - 1 - at);
  if (before < 4 || after < 4) return 0;
  let squares = 0;
  const dimensions = sums[0].length;
  for (let i = 0; i < dimensions; i++) {
    const left = (sums[at][i] - sums[at - before][i]) / before;
    const right = (sums[at + after][i] - sums[at][i]) / after;
    squares += (FEEL[i - dimensions + FEEL.length] ?? 1) * (right - left) ** 2;
  }
  // Few stretches say little.
  return Math.sqrt((squares / dimensions) * Math.min(1, Math.min(before, after) / span + 0.25));
}

/** Mean of the last third less that of the first. @param {number[]} values */
function rise(values) {
  const third = Math.max(1, Math.floor(values.length / 3));
  return mean(values.slice(-third)) - mean(values.slice(0, third));
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
