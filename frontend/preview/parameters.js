// A look's own parameters: completed from its declaration and its preset, and checked against its schema.
import {unusable, SettingsError} from './settings-error.js';
import {isObject, normalColour} from './settings-rules.js';
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
    const reason = problemOf(value, declared[name] ?? {});
    if (reason) throw unusable(`params.${name}`, reason, 'INVALID_PARAMETER');
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

/** @type {Record<string, (value: any) => boolean>} */
const TYPES = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
};

/**
 * Each keyword's check: what is wrong, or nothing. Limits apply to the type that they are about.
 * @type {Record<string, (value: any, wanted: any) => string | false | undefined>}
 */
const KEYWORDS = {
  type: (value, wanted) => !TYPES[wanted](value) && `${python(value)} is not of type '${wanted}'`,
  enum: (value, wanted) => !wanted.includes(value)
    && `“${typeof value === 'string' ? value : python(value)}” is not one of ${wanted.map(quoted).join(', ')}`,
  minimum: (value, wanted) => value < wanted && `${python(value)} is less than the minimum of ${wanted}`,
  maximum: (value, wanted) => value > wanted && `${python(value)} is greater than the maximum of ${wanted}`,
  pattern: (value, wanted) => !new RegExp(wanted, 'u').test(value) && `${python(value)} does not match ${python(wanted)}`,
};
const SAYS_NOTHING = ['title', 'description', 'default', 'format'];

/**
 * @param {any} value
 * @param {Schema} schema
 */
function problemOf(value, schema) {
  for (const [keyword, wanted] of Object.entries(schema)) {
    if (SAYS_NOTHING.includes(keyword) || keyword.startsWith('x-')) continue;
    if (!KEYWORDS[keyword]) throw new Error(`no check for the keyword ${keyword} of a look's schema`);
    const reason = KEYWORDS[keyword](value, wanted);
    if (reason) return schema.format === 'color' ? `${python(value)} is not a colour such as “#8309d5”` : reason;
  }
  return null;
}

/**
 * A value as the service writes it in its refusals.
 * @param {any} value
 * @returns {string}
 */
function python(value) {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (isObject(value)) return `{${Object.entries(value).map(([key, inner]) => `${python(key)}: ${python(inner)}`).join(', ')}}`;
  return `${value}`;
}

/** @param {string} value */
function pythonText(value) {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const body = value.replace(/[\\\p{Cc}\p{Surrogate}]/gu, escaped);
  return `${quote}${quote === "'" ? body.replaceAll("'", "\\'") : body}${quote}`;
}

/** @param {string} char */
function escaped(char) {
  const short = {'\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r'}[char];
  const code = char.charCodeAt(0);
  return short ?? (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`);
}
