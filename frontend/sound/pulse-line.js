// Fits one unbroken pulse to a whole song: most music is made to a click, and then its breaks keep the beat too.

import {changeOnBeats} from './change.js';

/** @typedef {import('./beats.js').Accent} Accent */
/** @typedef {{start: number, period: number, agreement: number}} PulseLine beat i lies at start + period * i (s) */

/** The stretch that the fit starts from. */
const FIRST_SPAN_S = 24;
/** How far the period may be off at first, as a share. */
const FIRST_RANGE = 0.015;
/** Steps of the search to each side; the range shrinks as the stretch grows, so that the number stays the same. */
const STEPS = 60;
/** Notes to a beat: a song may hardly stress its beats and yet keep strict eighths, triplets or sixteenths. */
const DIVISIONS = [1, 2, 3, 4];
/** Phases of the beat that are tried, and how near to a beat an accent must lie to speak for it. */
const PHASES = 96;
const NEAR_S = 0.02;

/** Phases whose accents weigh at least this share of the heaviest are told apart by where the sound changes. */
const RIVAL = 0.6;

/**
 * The steady pulse near a period that the accents agree with best. Its agreement is 1 where each of them lies on
 * the pulse or one division of it, and near 0 where they lie anywhere.
 * @param {Accent[]} accents in order of time
 * @param {number} period in seconds
 * @param {number} durationS
 * @param {Uint16Array} bands rows x 64
 * @returns {PulseLine}
 */
export function fitPulseLine(accents, period, durationS, bands) {
  const centre = heaviestTime(accents, durationS);
  let range = FIRST_RANGE;
  for (let span = FIRST_SPAN_S; ; span *= 2) {
    period = bestPeriod(between(accents, centre - span / 2, centre + span / 2), period, range);
    if (span >= 2 * durationS) break;
    // Accents at the ends of twice the stretch stay within a quarter of a sixteenth.
    range = Math.min(range, period / 8 / span);
  }
  const weight = accents.reduce((sum, accent) => sum + accent.weight, 0);
  const sizes = DIVISIONS.map((division) => concentration(accents, period / division));
  return {period, start: bestStart(accents, period, bands), agreement: weight > 0 ? Math.max(...sizes) / weight : 0};
}

/**
 * @param {Accent[]} accents
 * @param {number} period
 * @param {number} range
 */
function bestPeriod(accents, period, range) {
  let best = {period, size: -1};
  for (let step = -STEPS; step <= STEPS; step++) {
    const candidate = period * (1 + (range * step) / STEPS);
    const size = DIVISIONS.reduce((sum, division) => sum + concentration(accents, candidate / division), 0);
    if (size > best.size) best = {period: candidate, size};
  }
  return best.period;
}

/**
 * The accents on a clock face that turns once a period: how far from its middle their centre of gravity lies.
 * @param {Accent[]} accents
 * @param {number} period
 */
function concentration(accents, period) {
  let x = 0;
  let y = 0;
  for (const {timeS, weight} of accents) {
    const angle = (2 * Math.PI * timeS) / period;
    x += weight * Math.cos(angle);
    y += weight * Math.sin(angle);
  }
  return Math.hypot(x, y);
}

/**
 * The phase that most of the weight lies near to and that the sound changes on, moved onto the middle of its accents.
 * @param {Accent[]} accents
 * @param {number} period
 * @param {Uint16Array} bands
 */
function bestStart(accents, period, bands) {
  const phases = Array.from({length: PHASES}, (_, i) => {
    const start = (period * i) / PHASES;
    return {start, weight: weightOn(accents, start, period)};
  });
  const heaviest = Math.max(...phases.map(({weight}) => weight));
  let best = {start: 0, worth: -1};
  for (const [i, {start, weight}] of phases.entries()) {
    const beside = Math.max(phases.at(i - 1)?.weight ?? 0, phases[(i + 1) % PHASES].weight);
    if (weight < RIVAL * heaviest || weight < beside) continue;
    // Squared: the changes differ by less than the weights and are the better witness.
    const worth = weight * (1e-6 + changeOnBeats(bands, start, period)) ** 2;
    if (worth > best.worth) best = {start, worth};
  }
  return centred(accents, best.start, period);
}

/**
 * Weight of the accents on the beats of a pulse.
 * @param {Accent[]} accents
 * @param {number} start
 * @param {number} period
 */
function weightOn(accents, start, period) {
  return accents.reduce((sum, {timeS, weight}) => {
    const off = offBeat(timeS, start, period) / NEAR_S;
    return sum + weight * Math.exp(-0.5 * off * off);
  }, 0);
}

/** @param {Accent[]} accents @param {number} start @param {number} period */
function centred(accents, start, period) {
  const near = accents.filter(({timeS}) => Math.abs(offBeat(timeS, start, period)) < NEAR_S);
  const total = near.reduce((sum, {weight}) => sum + weight, 0);
  const moved = near.reduce((sum, {timeS, weight}) => sum + weight * offBeat(timeS, start, period), 0);
  return start + (total > 0 ? moved / total : 0);
}

/**
 * Seconds from the nearest beat, negative before it.
 * @param {number} timeS
 * @param {number} start
 * @param {number} period
 */
function offBeat(timeS, start, period) {
  const turns = (timeS - start) / period;
  return (turns - Math.round(turns)) * period;
}

/** Middle of the heaviest stretch. @param {Accent[]} accents @param {number} durationS */
function heaviestTime(accents, durationS) {
  const step = FIRST_SPAN_S / 2;
  const weights = new Float64Array(Math.ceil(durationS / step) + 2);
  for (const {timeS, weight} of accents) weights[Math.floor(timeS / step)] += weight;
  let best = 0;
  for (let i = 1; i + 1 < weights.length; i++) {
    if (weights[i] + weights[i + 1] > weights[best] + weights[best + 1]) best = i;
  }
  return (best + 1) * step;
}

/** @param {Accent[]} accents @param {number} from @param {number} to */
function between(accents, from, to) {
  return accents.filter(({timeS}) => timeS >= from && timeS < to);
}
