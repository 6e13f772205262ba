// Beats by dynamic programming (Ellis, "Beat Tracking by Dynamic Programming", 2007), then laid on the onsets.
import {HOP_S} from './grid.js';
import {percentile} from './percentile.js';
import {fitPulseLine} from './pulse-line.js';
import {beatEnvelope, beatPeriod} from './tempo.js';

/** @typedef {{tempoBpm: number|null, beatStrength: number, beats: Float64Array, strengths: Float64Array}} BeatTrack */
/** An onset as the beat needs it: when (s) and how heavy. @typedef {{timeS: number, weight: number}} Accent */

/** What a step that is off the tempo costs against an onset (Ellis takes 100). */
const TIGHTNESS = 120;
/** Correlation below which there is no beat. */
const LEAST_STRENGTH = 0.13;
const LEAST_BEATS = 4;
/** Onsets this near to a beat are taken to be it. */
const NEAR_S = 0.045;
/** Agreement with an unbroken pulse from which a song is taken to keep it, and its excess over pure chance. */
const STEADY = 0.25;
const CHANCE = 3;
/** Strength of a beat without an onset, and the weight of an onset that makes it full (see summary.js). */
const SILENT_BEAT = 0.3;
const FULL_WEIGHT = 2;

/** @returns {BeatTrack} */
const noBeat = () => ({tempoBpm: null, beatStrength: 0, beats: new Float64Array(0), strengths: new Float64Array(0)});

/**
 * @param {Float32Array} curve onset strength, one number for each 10 ms
 * @param {Accent[]} accents in order of time
 * @param {number} durationS
 * @param {Uint16Array} bands rows x 64
 * @returns {BeatTrack} beats in seconds
 */
export function trackBeats(curve, accents, durationS, bands) {
  const envelope = beatEnvelope(curve);
  if (!envelope) return noBeat();
  const {period, strength} = beatPeriod(envelope);
  if (strength < LEAST_STRENGTH) return noBeat();
  const rows = tapBeats(envelope, period);
  if (rows.length < LEAST_BEATS) return noBeat();
  const tapped = Float64Array.from(rows, (row) => row * HOP_S);
  const beats = steadyBeats(period * HOP_S, accents, durationS, bands)
    ?? tapped.map((beat) => accentNear(accents, beat).timeS);
  const intervals = beats.slice(1).map((beat, i) => beat - beats[i]);
  return {
    tempoBpm: Math.round(6000 / percentile(intervals, 0.5)) / 100,
    beatStrength: Math.min(1, strength),
    beats,
    strengths: beats.map((beat) => strengthOf(accentNear(accents, beat))),
  };
}

/**
 * Beats of a song that keeps one tempo, from its first onset to its last; null for a song that does not.
 * @param {number} roughPeriod in seconds
 * @param {Accent[]} accents
 * @param {number} durationS
 * @param {Uint16Array} bands
 */
function steadyBeats(roughPeriod, accents, durationS, bands) {
  const {start, period, agreement} = fitPulseLine(accents, roughPeriod, durationS, bands);
  if (agreement < Math.max(STEADY, CHANCE / Math.sqrt(accents.length))) return null;
  const first = Math.ceil((accents[0].timeS - NEAR_S - start) / period);
  const last = Math.floor((Math.min(durationS, accents[accents.length - 1].timeS + period) - start) / period);
  const count = Math.max(0, last - first + 1);
  return Float64Array.from({length: count}, (_, i) => Math.max(0, start + period * (first + i)));
}

/**
 * Rows of the best chain of beats.
 * @param {Float64Array} envelope
 * @param {number} period in rows
 */
function tapBeats(envelope, period) {
  const nearest = Math.round(period / 2);
  const farthest = Math.round(period * 2);
  const costs = Float64Array.from({length: farthest + 1}, (_, gap) => -TIGHTNESS * Math.log(gap / period) ** 2);
  const score = envelope.slice();
  const before = new Int32Array(envelope.length).fill(-1);
  for (let i = nearest; i < envelope.length; i++) {
    let best = 0;
    for (let gap = nearest; gap <= farthest && gap <= i; gap++) {
      const value = score[i - gap] + costs[gap];
      if (value > best) {
        best = value;
        before[i] = i - gap;
      }
    }
    score[i] += best;
  }
  return chain(score, before, farthest);
}

/** @param {Float64Array} score @param {Int32Array} before @param {number} tail */
function chain(score, before, tail) {
  let row = Math.max(0, score.length - tail);
  for (let i = row; i < score.length; i++) if (score[i] > score[row]) row = i;
  const rows = [];
  for (; row >= 0; row = before[row]) rows.push(row);
  return rows.reverse();
}

/**
 * The heaviest onset near a beat; a weightless one on the beat itself where there is none.
 * @param {Accent[]} accents
 * @param {number} beat
 * @returns {Accent}
 */
function accentNear(accents, beat) {
  let best = {timeS: beat, weight: 0};
  let i = firstAfter(accents, beat - NEAR_S);
  for (; i < accents.length && accents[i].timeS <= beat + NEAR_S; i++) {
    if (accents[i].weight > best.weight) best = accents[i];
  }
  return best;
}

/** A beat that nothing falls on is still felt. @param {Accent} accent */
function strengthOf({weight}) {
  return Math.min(1, SILENT_BEAT + ((1 - SILENT_BEAT) * weight) / FULL_WEIGHT);
}

/** @param {Accent[]} accents @param {number} timeS */
function firstAfter(accents, timeS) {
  let low = 0;
  let high = accents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (accents[middle].timeS < timeS) low = middle + 1;
    else high = middle;
  }
  return low;
}
