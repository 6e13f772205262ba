// What comes out: the shapes, sizes and formats on offer, and the one line that says it all.
import {about, clock, money, size as inBytes} from '../../lib/words.js';

/** @typedef {import('../../preview/settings.js').Settings} Settings */
/** @typedef {import('../../lib/api-schema.js').components['schemas']['PlanOut']} Plan */
/** @typedef {import('../../lib/api-schema.js').components['schemas']['EstimateOut']} Estimate */

export const SHAPES = /** @type {const} */ ([
  {name: '16:9', wide: 16, tall: 9, use: 'YouTube, websites'},
  {name: '9:16', wide: 9, tall: 16, use: 'Reels, TikTok, Shorts, Canvas'},
  {name: '1:1', wide: 1, tall: 1, use: 'Feeds, album pages'},
  {name: '4:5', wide: 4, tall: 5, use: 'Instagram posts'},
]);
/** Pixels of the shorter side. */
export const SIZES = [
  {pixels: 720, title: '720p'},
  {pixels: 1080, title: '1080p'},
  {pixels: 1440, title: '1440p'},
  {pixels: 2160, title: '4K'},
];
export const RATES = [24, 30, 60];
export const FORMATS = [
  {name: 'mp4', title: 'MP4', use: 'Plays everywhere'},
  {name: 'webm', title: 'WebM', use: 'Smaller, for websites'},
  {name: 'mov', title: 'MOV', use: 'For editing'},
];
export const QUALITIES = [
  {name: 'draft', title: 'Draft'},
  {name: 'standard', title: 'Standard'},
  {name: 'high', title: 'High'},
];

/**
 * Width and height of a picture, both even.
 * @param {{wide: number, tall: number}} shape
 * @param {number} shorter pixels
 */
export function frameOf({wide, tall}, shorter) {
  const long = 2 * Math.round((shorter * Math.max(wide, tall)) / Math.min(wide, tall) / 2);
  return wide >= tall ? {width: long, height: shorter} : {width: shorter, height: long};
}

/** @param {{width: number, height: number}} output */
export function shapeOf({width, height}) {
  return SHAPES.find(({wide, tall}) => Math.abs(width / height - wide / tall) < 0.01) ?? null;
}

/** @param {{width: number, height: number}} output */
export const shorterSide = ({width, height}) => Math.min(width, height);

/** @param {{width: number, height: number}} output */
export function sizeTitle(output) {
  const shorter = shorterSide(output);
  return SIZES.find(({pixels}) => pixels === shorter)?.title ?? `${output.width} × ${output.height}`;
}

/**
 * How long the video will be, in seconds.
 * @param {Settings['range']} range
 * @param {number} songS
 */
export function lengthOf({start_s: start, duration_s: duration}, songS) {
  return Math.max(0, Math.min(songS - start, duration ?? Infinity));
}

/**
 * "1080p · 30 fps · MP4 · 3:10", and, once the service was asked, "about 95 MB · ready about 2 minutes after it starts"
 * @param {Settings} settings
 * @param {number} songS
 * @param {{bytes?: number, renderS?: number}} [known] from the service
 */
export function outputLine({output, range}, songS, {bytes, renderS} = {}) {
  const lengthS = lengthOf(range, songS);
  const format = FORMATS.find(({name}) => name === output.format)?.title ?? output.format;
  const shape = shapeOf(output);
  return [
    // The usual shape goes without saying.
    ...(shape && shape !== SHAPES[0] ? [shape.name] : []),
    sizeTitle(output), `${output.fps} fps`, format, clock(lengthS),
    ...(bytes === undefined ? [] : [`about ${inBytes(bytes)}`]),
    ...(renderS === undefined ? [] : [`ready ${about(renderS)} after it starts`]),
  ].join(' · ');
}

/** @param {Estimate | null} facts */
export const knownOf = (facts) => (facts ? {bytes: facts.size_bytes, renderS: facts.render_s} : {});

/**
 * What it costs, and whether there will be a watermark.
 * @param {Estimate} facts
 */
export function rightsLine({right, renders_left: left, renders_limit: limit, signed_in: isSignedIn, watermark, queue_wait_s: wait}) {
  const uses =
    right === 'credit' ? 'Uses the render that you bought.'
    : left === null ? 'Your plan has no limit.'
    : !isSignedIn ? `A free account has ${limit} renders a month.`
    : left === 1 ? 'Uses the last render of this month.' : `Uses 1 of the ${left} renders that you have left this month.`;
  const mark = watermark ? 'With a small watermark.' : 'Without a watermark.';
  return `${uses} ${mark}${wait > 20 ? ` There is a queue: it starts in ${about(wait)}.` : ''}`;
}

/**
 * What keeps these settings from being rendered; null where something pays, also a render that was bought.
 * @param {Estimate | null} facts
 */
export const obstacleOf = (facts) => (facts?.right === 'credit' ? null : facts?.refusal ?? null);

/**
 * The plan that lifts the limit.
 * @param {Estimate} facts
 * @param {Plan[]} plans
 */
export function liftingPlan({refusal}, plans) {
  return plans.find(({name}) => name === refusal?.details.lifted_by);
}

/**
 * What lifts the limit, with its price: "Pro costs $9.99 a month, this video alone $4.99."
 * @param {Estimate} facts
 * @param {Plan[]} plans
 * @param {boolean} isSold whether the video can be bought by itself
 */
export function priceLine(facts, plans, isSold) {
  const plan = liftingPlan(facts, plans);
  const alone = isSold ? `, this video alone ${money(facts.single_price_cents, 'usd')}` : '';
  return plan ? `${plan.title} costs ${money(plan.price_cents, 'usd')} a month${alone}.` : '';
}

/**
 * The smallest plan that allows a choice, and whether that is the visitor's own or a smaller one.
 * @param {Record<string, Plan> | Plan[]} plans the smallest first
 * @param {string} own
 * @param {(plan: Plan) => boolean} allows
 * @returns {{allowed: boolean, lifts: Plan | null}} lifts: the plan to change to
 */
export function lockOf(plans, own, allows) {
  const all = Array.isArray(plans) ? plans : Object.values(plans);
  const mine = all.find(({name}) => name === own) ?? all[0];
  // While the plans are not known, nothing is said to be locked.
  if (!mine || allows(mine)) return {allowed: true, lifts: null};
  return {allowed: false, lifts: all.find(allows) ?? null};
}
