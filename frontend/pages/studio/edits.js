// Changes of a draft that touch more than one value.
import {fromOklch, toOklch} from '../../looks/core/oklch.js';

/** Lightness of OKLCH below which a colour is a look's ground, and the least of one that is its light. */
const DARK = 0.3;
const DIMMEST = 0.6;

/** @typedef {import('../../preview/parameters.js').Look} Look */
/** @typedef {import('./store.js').Draft} Draft */

const OF_LOOK = /** @type {const} */ (['preset', 'params', 'background', 'finish']);

/**
 * Take another look: as it was when it was left, or with those values of this one that it knows too, and allows.
 * @param {Draft} draft
 * @param {Look} look
 * @param {Map<string, Record<string, any>>} [left] what each look had when it was left, by its name
 */
export function takeLook(draft, look, left = new Map()) {
  left.set(String(draft.look), structuredClone(Object.fromEntries(OF_LOOK.map((key) => [key, draft[key]]))));
  draft.look = look.name;
  const before = left.get(look.name);
  if (before) {
    for (const key of OF_LOOK) {
      if (before[key] === undefined) delete draft[key];
      else draft[key] = structuredClone(before[key]);
    }
    return;
  }
  draft.preset = null;
  const {properties} = look.parameters;
  const kept = Object.entries(draft.params ?? {}).filter(([name, value]) => name in properties && allows(properties[name], value));
  draft.params = Object.fromEntries(kept);
  delete draft.background;
  delete draft.finish;
}

/**
 * Take a preset: its values in place of the draft's own. Text, cover and output stay.
 * @param {Draft} draft
 * @param {Look} look
 * @param {string | null} preset
 */
export function takePreset(draft, look, preset) {
  draft.look = look.name;
  draft.preset = preset;
  draft.params = {};
  delete draft.background;
  delete draft.finish;
}

/**
 * Only one format can hold a transparent picture.
 * @param {Draft} draft
 * @param {import('../../preview/settings.js').Settings['output']} output as it is now
 */
export function fitFormat(draft, output) {
  if (draft.background?.type === 'transparent') draft.output = {...output, format: 'mov'};
}

/**
 * Whether a parameter may have this value.
 * @param {any} schema
 * @param {unknown} value
 */
function allows(schema, value) {
  if (schema.enum) return schema.enum.includes(value);
  if (schema.type === 'boolean') return typeof value === 'boolean';
  if (schema.type === 'string') return typeof value === 'string' && value.startsWith('#');
  const fits = typeof value === 'number' && value >= schema.minimum && value <= schema.maximum;
  return fits && (schema.type !== 'integer' || Number.isInteger(value));
}

/**
 * A surprise in good taste: somebody's preset, with its colours turned together, and other values within the ranges that
 * the look gives as its taste.
 * @param {Draft} draft
 * @param {Look[]} looks
 * @param {() => number} [chance] 0..1
 */
export function surprise(draft, looks, chance = Math.random) {
  const look = pick(looks, chance);
  const preset = pick([null, ...(look.presets ?? [])], chance);
  takePreset(draft, look, preset?.name ?? null);
  const turn = chance() < 0.5 ? 0 : 360 * chance();
  for (const [name, schema] of Object.entries(look.parameters.properties)) {
    const value = preset?.params?.[name] ?? schema.default;
    if (schema.format === 'color') {
      if (turn) draft.params[name] = turned(String(value), turn);
    } else if (schema['x-taste'] && chance() < 0.4) draft.params[name] = another(schema, value, chance);
  }
  // A sky of the old hue behind a land of the new one would look like a mistake.
  const {type, color, colors} = {...look.background, ...preset?.background};
  if (turn && type === 'gradient') draft.background = {type, colors: colors.map((/** @type {string} */ each) => turned(each, turn))};
  if (turn && type === 'color') draft.background = {type, color: turned(color ?? '#000000', turn)};
  draft.seed = 1 + Math.floor(chance() * 1_000_000);
}

/**
 * @template T
 * @param {T[]} all
 * @param {() => number} chance
 * @returns {T}
 */
const pick = (all, chance) => /** @type {T} */ (all[Math.floor(chance() * all.length)]);

/**
 * One of the choices in good taste, or an amount near the one that was designed.
 * @param {any} schema with `x-taste`: some of its choices, or the lowest and highest amount
 * @param {any} value
 * @param {() => number} chance
 */
function another({enum: choices, type, 'x-taste': taste}, value, chance) {
  if (choices) return pick(taste, chance);
  const [low, high] = taste;
  const moved = value + (chance() - 0.5) * (high - low) * 0.6;
  // A preset may lie outside on purpose: then it may come nearer, and not go further.
  const inside = Math.min(Math.max(high, value), Math.max(Math.min(low, value), moved));
  return type === 'integer' ? Math.round(inside) : Math.round(1000 * inside) / 1000;
}

/**
 * Another hue of the same lightness and strength, as far as the screen has it.
 * @param {string} colour #rrggbb
 * @param {number} degrees
 */
export function turned(colour, degrees) {
  const {l, c, h} = toOklch(...channelsOf(colour));
  return hexOf(fromOklch(l, c, h + (degrees * Math.PI) / 180));
}

/**
 * Give a look the colours of a picture: the strongest for its strongest colour, and so on. What is dark in the look stays
 * dark, and what shines stays bright.
 * @param {Draft} draft
 * @param {Look} look
 * @param {string[]} palette #rrggbb, strongest first, at least one
 */
export function takePalette(draft, look, palette) {
  const {properties} = look.parameters;
  const places = Object.keys(properties).filter((name) => properties[name].format === 'color')
    .map((name) => ({name, ...toOklch(...channelsOf(properties[name].default))}))
    .toSorted((a, b) => b.c - a.c);
  draft.params ??= {};
  places.forEach(({name, l: light}, at) => {
    const {l, c, h} = toOklch(...channelsOf(/** @type {string} */ (palette[at % palette.length])));
    draft.params[name] = hexOf(light < DARK ? fromOklch(Math.min(l, light), 0.6 * c, h) : fromOklch(Math.max(DIMMEST, (l + light) / 2), c, h));
  });
  if (properties.colorSource?.enum?.includes('own')) draft.params.colorSource = 'own';
}

/**
 * @param {string} colour #rrggbb
 * @returns {[number, number, number]} 0..1
 */
function channelsOf(colour) {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return [r, g, b];
}

/** @param {number[]} channels 0..1 */
export function hexOf(channels) {
  return `#${channels.map((value) => Math.round(255 * value).toString(16).padStart(2, '0')).join('')}`;
}
