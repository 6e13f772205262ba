// A look's own parameters: completed from its declaration and its preset, and checked against its schema.
import {unusable, SettingsError} from './settings-error.js';
import {normalColour} from './settings-rules.js';
import {quoted, suggest} from './suggest.js';

/** @typedef {Record<string, any>} Schema the part of JSON Schema that looks use; any other keyword is an error of ours */
/** @typedef {{name: string, title: string, params?: any, background?: any, finish?: any}} Preset */
/** @typedef {{name: string, title: string, description?: string, parameters: Schema, background?: any, finish?: any, presets?: Preset[]}} Look */

/**
 * @param {Look} look
 * @param {Preset | null} preset
 * @param {Record<string, any>} given
 * @returns {Record<string, any>}
 */
export function resolveParameters(look, preset, given) {
  const declared = /** @type {Record<string, Schema>} */ (look.parameters.properties ?? {});
  const names = Object.keys(declared);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const message = `The look “${look.name}” has no parameter “${unknown}”: ${suggest(unknown, names)}`;
    throw new SettingsError('UNKNOWN_PARAMETER', message, `params.${unknown}`);
  }
  const defaults = names.filter((name) => 'default' in declared[name]).map((name) => [name, declared[name].default]);
  const merged = {...Object.fromEntries(defaults), ...preset?.params, ...given};
  const values = Object.entries(merged).map(([name, value]) => [name, normal(value, declared[name] ?? {})]);
  for (const [name, value] of values.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const needed = neededBy(value, declared[name] ?? {});
    if (needed) throw unusable(`params.${name}`, `it must be ${needed}`, 'INVALID_PARAMETER');
  }
  return Object.fromEntries(values);
}

/**
 * @param {any} value
 * @param {Schema} schema
 */
function normal(value, schema) {
  return schema.format === 'color' ? normalColour(value) : value;
}

/** @type {Record<string, {words: string, holds: (value: any) => boolean}>} */
const TYPES = {
  string: {words: 'text', holds: (value) => typeof value === 'string'},
  boolean: {words: 'true or false', holds: (value) => typeof value === 'boolean'},
  number: {words: 'a number', holds: (value) => typeof value === 'number'},
  integer: {words: 'a whole number', holds: Number.isInteger},
};

/**
 * Each keyword's check: what the value must be, or nothing where it is. Limits apply to the type that they are about.
 * @type {Record<string, (value: any, wanted: any) => string | false | undefined>}
 */
const KEYWORDS = {
  type: (value, wanted) => !TYPES[wanted].holds(value) && TYPES[wanted].words,
  enum: (value, wanted) => !wanted.includes(value) && `one of ${wanted.map(quoted).join(', ')}`,
  minimum: (value, wanted) => value < wanted && `at least ${wanted}`,
  maximum: (value, wanted) => value > wanted && `at most ${wanted}`,
  // Only colours have one, and words of their own.
  pattern: (value, wanted) => !new RegExp(wanted, 'u').test(value) && 'text of this form',
};
const SAYS_NOTHING = ['title', 'description', 'default', 'format'];

/**
 * Return what the value must be, in the words of the service; null where it is.
 * @param {any} value
 * @param {Schema} schema
 */
function neededBy(value, schema) {
  for (const [keyword, wanted] of Object.entries(schema)) {
    if (SAYS_NOTHING.includes(keyword) || keyword.startsWith('x-')) continue;
    if (!KEYWORDS[keyword]) throw new Error(`no check for the keyword ${keyword} of a look's schema`);
    const needed = KEYWORDS[keyword](value, wanted);
    if (needed) return schema.format === 'color' ? 'a colour such as “#8309d5”' : needed;
  }
  return null;
}
