// Names onsets after the drum they look like, and says how large they are in the lows, mids and highs.
import {HAT, KICK, SNARE} from './events.js';
import {CRACK, HIGH, LOW, MID, THUMP, meanLevel} from './flux.js';
import {percentile} from './percentile.js';

/** @typedef {import('./onsets.js').Moment} Moment */
/** @typedef {import('./flux.js').BandTables} BandTables */
/** @typedef {{kinds: number, strength: number, low: number, mid: number, high: number}} Stroke */

/**
 * How a moment looks in the visible levels (roots of amplitude, 1 at the loudest of the song): rises at the attack,
 * what stays of them 10 to 40 ms later, and how deep the lows are then.
 * @typedef {{low: number, mid: number, high: number, thump: number, depth: number,
 *   crackStays: number, highStays: number}} Shape
 */

/**
 * A kick is a burst of new lows that leaves them deep, and its pitch falls through the low mids. Over a loud bass the
 * lows hardly rise, and on a soft kick the low mids hardly do: so the sum of both counts.
 */
const KICK_FLUX = 0.25;
const KICK_DEPTH = 0.28;
const KICK_LOW = -0.06;
const KICK_THUMP = 0.12;
const KICK_SUM = 0.25;
/** Strength of the least kick among the song's deepest. */
const KICK_FLOOR = 0.4;
const KICK_SHARE = 0.3;
/** A snare or clap is noise that outlasts its attack, in the upper mids and in the highs. */
const SNARE_FLUX = 0.34;
const SNARE_RISE = 0.13;
/** Share of the song's usual rise in the mids; less is asked for where a kick ducks the music at the same time. */
const SNARE_SHARE = 0.75;
const SNARE_SHARE_ON_KICK = 0.55;
const SNARE_CRACK = 0.13;
const SNARE_HIGH = 0.14;
/** A hat is new in the highs and outlasts the click of a kick. */
const HAT_RISE = 0.15;
const HAT_STAYS = 0.02;
const ECHO_FRAMES = 14;

/**
 * @param {Moment[]} moments
 * @param {Uint8Array} codes
 * @param {BandTables[]} tables
 * @returns {Stroke[]}
 */
export function measureStrokes(moments, codes, tables) {
  const shapes = moments.map(({frame}) => shapeAt(frame, codes, tables));
  const usual = usualShape(moments, shapes);
  const strokes = shapes.map((shape, i) => {
    const kinds = kindsOf(moments[i], shape, usual);
    const low = Math.max(share(shape.low, usual.low), kinds & KICK ? kickStrength(moments[i], shape, usual) : 0);
    const mid = share(shape.mid, usual.mid);
    const high = share(shape.high, usual.high);
    return {kinds, strength: Math.max(low, mid, 0.8 * high), low, mid, high};
  });
  withoutEchoes(moments, strokes, KICK, 'low');
  withoutEchoes(moments, strokes, SNARE, 'mid');
  return strokes;
}

/**
 * A kick over a loud bass rises by little and is none the weaker for it: how deep the lows are counts as well.
 * @param {Moment} moment
 * @param {Shape} shape
 * @param {Usual} usual
 */
function kickStrength(moment, shape, usual) {
  const burst = Math.max(moment.low, share(shape.low + shape.thump, usual.kick));
  return (KICK_FLOOR + (1 - KICK_FLOOR) * burst) * Math.sqrt(share(shape.depth, usual.depth));
}

/**
 * What the larger strokes of a song rise by, and how deep their lows are.
 * @typedef {{low: number, mid: number, high: number, kick: number, depth: number}} Usual
 */

/**
 * @param {Moment[]} moments
 * @param {Shape[]} shapes
 * @returns {Usual}
 */
function usualShape(moments, shapes) {
  const deep = shapes.filter((_, i) => moments[i].low > KICK_FLUX);
  return {
    low: usualRise(shapes.map(({low}) => low)),
    mid: usualRise(shapes.map(({mid}) => mid)),
    high: usualRise(shapes.map(({high}) => high)),
    kick: usualRise(deep.map(({low, thump}) => low + thump)),
    depth: usualRise(deep.map(({depth}) => depth)),
  };
}

/**
 * One drum is not struck twice within 70 ms: of two such strokes the stronger keeps the name.
 * @param {Moment[]} moments
 * @param {Stroke[]} strokes
 * @param {number} kind
 * @param {'low'|'mid'} range
 */
function withoutEchoes(moments, strokes, kind, range) {
  let last = -1;
  strokes.forEach((stroke, i) => {
    if (!(stroke.kinds & kind)) return;
    const close = last >= 0 && moments[i].frame - moments[last].frame <= ECHO_FRAMES;
    if (close && stroke[range] <= strokes[last][range]) {
      stroke.kinds &= ~kind;
      return;
    }
    if (close) strokes[last].kinds &= ~kind;
    last = i;
  });
}

/**
 * @param {number} frame
 * @param {Uint8Array} codes
 * @param {BandTables[]} tables
 * @returns {Shape}
 */
function shapeAt(frame, codes, tables) {
  /** @param {import('./flux.js').Range} range @param {number} from @param {number} to */
  const level = (range, from, to) => meanLevel(codes, tables, range, frame + from, frame + to);
  const before = {low: level(LOW, -6, -4), crack: level(CRACK, -5, -3), high: level(HIGH, -5, -3)};
  return {
    low: Math.max(level(LOW, 2, 4), level(LOW, 5, 7), level(LOW, 8, 10)) - before.low,
    mid: Math.max(level(MID, -1, 0), level(MID, 0, 1), level(MID, 2, 3)) - level(MID, -5, -3),
    high: Math.max(level(HIGH, -1, 0), level(HIGH, 0, 1), level(HIGH, 2, 3)) - before.high,
    thump: Math.max(level(THUMP, 0, 2), level(THUMP, 2, 4), level(THUMP, 4, 6)) - level(THUMP, -5, -3),
    depth: level(LOW, 3, 7),
    crackStays: level(CRACK, 3, 8) - before.crack,
    highStays: level(HIGH, 2, 4) - before.high,
  };
}

/** @param {number[]} rises */
function usualRise(rises) {
  return percentile(rises.filter((rise) => rise > 0.03), 0.9);
}

/** @param {number} rise @param {number} usual */
function share(rise, usual) {
  return usual > 0 ? Math.min(1, Math.max(0, rise / usual)) : 0;
}

/**
 * @param {Moment} moment
 * @param {Shape} shape
 * @param {Usual} usual
 */
function kindsOf(moment, shape, usual) {
  const kick = isKick(moment, shape, usual.kick) ? KICK : 0;
  const least = usual.mid * (kick ? SNARE_SHARE_ON_KICK : SNARE_SHARE);
  if (isSnare(moment, shape, Math.max(SNARE_RISE, least))) return kick | SNARE;
  return kick | (shape.high > HAT_RISE && shape.highStays > HAT_STAYS ? HAT : 0);
}

/**
 * @param {Moment} moment
 * @param {Shape} shape
 * @param {number} usualSum
 */
function isKick(moment, shape, usualSum) {
  return moment.low > KICK_FLUX && shape.depth > KICK_DEPTH && shape.low > KICK_LOW && shape.thump > KICK_THUMP
    && shape.low + shape.thump > Math.max(KICK_SUM, KICK_SHARE * usualSum);
}

/**
 * @param {Moment} moment
 * @param {Shape} shape
 * @param {number} leastRise
 */
function isSnare(moment, shape, leastRise) {
  return moment.mid > SNARE_FLUX && shape.mid > leastRise
    && shape.crackStays > SNARE_CRACK && shape.highStays > SNARE_HIGH;
}
