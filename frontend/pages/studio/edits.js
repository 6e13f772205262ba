// Changes of a draft that touch more than one value.

/** @typedef {import('../../preview/parameters.js').Look} Look */
/** @typedef {import('./store.js').Draft} Draft */

/**
 * Take another look; values that it knows too, and allows, stay.
 * @param {Draft} draft
 * @param {Look} look
 */
export function takeLook(draft, look) {
  draft.look = look.name;
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
 * A surprise in good taste: somebody's preset, with its colours turned together and its amounts moved a little.
 * @param {Draft} draft
 * @param {Look[]} looks
 * @param {() => number} [chance] 0..1
 */
export function surprise(draft, looks, chance = Math.random) {
  const look = pick(looks, chance);
  const presets = look.presets ?? [];
  const preset = presets.length ? pick(presets, chance) : null;
  takePreset(draft, look, preset?.name ?? null);
  const turn = chance() < 0.5 ? 0 : 360 * chance();
  for (const [name, schema] of Object.entries(look.parameters.properties)) {
    const value = preset?.params?.[name] ?? schema.default;
    if (schema.format === 'color' && turn) draft.params[name] = turned(String(value), turn);
    else if (isAmount(schema) && chance() < 0.4) draft.params[name] = nudged(schema, Number(value), chance);
  }
  draft.seed = 1 + Math.floor(chance() * 1_000_000);
}

/**
 * @template T
 * @param {T[]} all
 * @param {() => number} chance
 * @returns {T}
 */
const pick = (all, chance) => /** @type {T} */ (all[Math.floor(chance() * all.length)]);

/** @param {any} schema */
const isAmount = (schema) => schema.type === 'number' && schema['x-level'] === 'basic';

/**
 * Within an eighth of the range: enough to be seen, too little to leave what was designed.
 * @param {any} schema
 * @param {number} value
 * @param {() => number} chance
 */
function nudged({minimum, maximum}, value, chance) {
  const moved = value + (chance() - 0.5) * 0.25 * (maximum - minimum);
  return Math.round(1000 * Math.min(maximum, Math.max(minimum, moved))) / 1000;
}

/**
 * Another hue of the same lightness and strength, as far as the screen has it.
 * OKLab by Björn Ottosson, https://bottosson.github.io/posts/oklab/.
 * @param {string} colour #rrggbb
 * @param {number} degrees
 */
export function turned(colour, degrees) {
  const [l, a, b] = oklab(colour);
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // Less strength until every channel is one that a screen has.
  for (let strength = 1; strength > 0; strength -= 0.05) {
    const channels = linear(l, strength * (a * cos - b * sin), strength * (a * sin + b * cos));
    if (channels.every((value) => value > -0.002 && value < 1.002)) return hex(channels);
  }
  return hex(linear(l, 0, 0));
}

/** @param {string} colour */
function oklab(colour) {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => decoded(parseInt(colour.slice(at, at + 2), 16) / 255));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return /** @type {const} */ ([
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]);
}

/**
 * @param {number} l
 * @param {number} a
 * @param {number} b
 */
function linear(l, a, b) {
  const x = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const y = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const z = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
    -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
    -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
  ];
}

/** @param {number} value sRGB, 0..1 */
const decoded = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/** @param {number[]} channels linear light */
function hex(channels) {
  const encoded = channels.map((value) => {
    const v = Math.min(1, Math.max(0, value));
    return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  });
  return `#${encoded.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
