// Settings document + looks → resolved settings, in which every value is decided, as resolve.py does it.
import {resolveParameters} from './parameters.js';
import {SettingsError, unusable} from './settings-error.js';
import {PARTS, checkDocument, checkPart, isObject} from './settings-rules.js';
import {quoted, suggest} from './suggest.js';

export {SettingsError};

/** @typedef {import('./parameters.js').Look} Look */
/** @typedef {import('./parameters.js').Preset} Preset */

/**
 * Every key present. `preset` and what is null stay as they were given: null in `text` means the file's tags.
 * @typedef {object} Settings
 * @property {1} version
 * @property {string} look
 * @property {string | null} preset
 * @property {number} seed
 * @property {Record<string, any>} params
 * @property {{width: number, height: number, fps: 24 | 30 | 60, format: string, quality: string}} output
 * @property {{start_s: number, duration_s: number | null}} range
 * @property {{title: string | null, artist: string | null}} text
 * @property {{source: 'file' | 'tags' | 'none', file: string | null}} cover
 * @property {{type: string, color?: string, colors?: string[], image?: string}} background
 * @property {{glow: number, vignette: number, grain: number, aberration: number}} finish
 */

const VERSION = 1;
const DEEPEST = 32;
/** Settings may also be these keys alone, which are parameters of prism. */
export const FLAT_KEYS = ['shape', 'size', 'baseColor', 'glowColor', 'pulseIntensity'];
const FLAT_LOOK = 'prism';
/** @type {Record<string, string>} */
const NEEDED_BY_BACKGROUND = {color: 'color', gradient: 'colors', image: 'image'};

/**
 * The content of a settings file.
 * @param {string} text
 * @returns {Record<string, any>}
 */
export function readSettings(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new SettingsError('INVALID_SETTINGS', 'The settings are not valid JSON.');
  }
  if (!isObject(content)) throw new SettingsError('INVALID_SETTINGS', 'The settings must be a JSON object.');
  return content;
}

/**
 * Complete and check a document; a SettingsError names what cannot be used, with the service's own code and sentence.
 * @param {Record<string, any>} content a document, or the flat form
 * @param {Look[]} looks
 * @returns {Settings}
 */
export function resolveSettings(content, looks) {
  if (isTooDeep(content)) {
    throw new SettingsError('INVALID_SETTINGS', `The settings are nested more than ${DEEPEST} levels deep.`);
  }
  const document = valid(current(nested(content)));
  const look = named('LOOK', looks, document.look, (names) => `There is no look “${document.look}”: ${names}`);
  const preset = document.preset === null ? null : named('PRESET', look.presets ?? [], document.preset,
    (names) => `The look “${look.name}” has no preset “${document.preset}”: ${names}`);
  const settings = {
    ...document,
    params: resolveParameters(look, preset, document.params),
    background: background(look, preset, document.background),
    finish: finish(look, preset, document.finish),
  };
  if (settings.background.type === 'transparent' && settings.output.format !== 'mov') {
    const message = 'A transparent background needs the format “mov”. MP4 and WebM videos cannot be transparent here.';
    throw new SettingsError('INVALID_SETTINGS', message, 'output.format');
  }
  return settings;
}

/**
 * @template {{name: string}} T
 * @param {'LOOK' | 'PRESET'} kind
 * @param {T[]} all
 * @param {string} name
 * @param {(names: string) => string} message
 */
function named(kind, all, name, message) {
  const found = all.find((one) => one.name === name);
  if (!found) throw new SettingsError(`UNKNOWN_${kind}`, message(suggest(name, all.map((one) => one.name))));
  return found;
}

/**
 * The document of a content, which may be the flat form.
 * @param {Record<string, any>} content
 * @returns {Record<string, any>} not checked
 */
export function nested(content) {
  const keys = Object.keys(content);
  const flat = keys.filter((key) => FLAT_KEYS.includes(key));
  if (!flat.length) return content;
  const others = keys.filter((key) => !FLAT_KEYS.includes(key));
  const known = ['version', 'look', 'preset', 'seed', 'params', ...Object.keys(PARTS)];
  const mixed = others.find((key) => known.includes(key));
  if (mixed) {
    const message = `These settings mix two forms: put “${flat[0]}” inside “params”, or leave “${mixed}” out.`;
    throw new SettingsError('INVALID_SETTINGS', message, flat[0]);
  }
  if (others.length) {
    const message = `There is no setting “${others[0]}” beside “${flat[0]}”: ${suggest(others[0], FLAT_KEYS)}`;
    throw new SettingsError('UNKNOWN_SETTING', message, others[0]);
  }
  return {look: FLAT_LOOK, params: content};
}

/**
 * A document of this version. There is no older one yet.
 * @param {Record<string, any>} content
 */
function current(content) {
  const version = content.version ?? (Object.hasOwn(content, 'version') ? null : VERSION);
  const refusal = !Number.isInteger(version) ? 'Setting “version” must be a whole number.'
    : version > VERSION ? `These settings have version ${version}, but this program supports versions up to ${VERSION}.`
    : version < VERSION ? `Settings version ${version} does not exist.` : null;
  if (refusal) throw new SettingsError('INVALID_SETTINGS', refusal, 'version');
  return content;
}

/** @param {Record<string, any>} content */
function valid(content) {
  const {document, problems} = checkDocument(content);
  // An unknown key often is the reason why another one is missing.
  const problem = problems.find((one) => one.valid) ?? problems[0];
  if (!problem) return document;
  const path = problem.path.join('.');
  if (!problem.valid) throw unusable(path, problem.reason);
  const message = `There is no setting “${path}”: ${suggest(`${problem.path.at(-1)}`, problem.valid)}`;
  throw new SettingsError('UNKNOWN_SETTING', message, path);
}

/**
 * @param {Look} look
 * @param {Preset | null} preset
 * @param {Record<string, any>} given
 */
function background(look, preset, given) {
  const merged = completed('background', {type: 'color', ...look.background, ...preset?.background, ...present(given)});
  const needed = NEEDED_BY_BACKGROUND[merged.type];
  if (!needed) return {type: merged.type};
  if (merged[needed] === null) {
    const setting = `background.${needed}`;
    const message = `Setting ${quoted(setting)} is needed for a background of the type “${merged.type}”.`;
    throw new SettingsError('INVALID_SETTINGS', message, setting);
  }
  return {type: merged.type, [needed]: merged[needed]};
}

/**
 * @param {Look} look
 * @param {Preset | null} preset
 * @param {Record<string, any>} given
 */
function finish(look, preset, given) {
  const nothing = Object.fromEntries(Object.keys(PARTS.finish.keys).map((key) => [key, 0]));
  return completed('finish', {...nothing, ...look.finish, ...preset?.finish, ...present(given)});
}

/**
 * What a look declares is checked like what a person writes.
 * @param {'background' | 'finish'} part
 * @param {Record<string, any>} merged
 */
function completed(part, merged) {
  /** @type {import('./settings-rules.js').Problem[]} */
  const problems = [];
  const values = checkPart(PARTS[part], merged, [part], problems);
  if (problems.length) throw unusable(problems[0].path.join('.'), problems[0].reason);
  return values;
}

/** @param {Record<string, any>} part */
function present(part) {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null));
}

/** @param {unknown} content */
function isTooDeep(content) {
  let level = [content];
  for (let depth = 0; depth < DEEPEST && level.length; depth++) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return level.some((one) => typeof one === 'object' && one !== null);
}
