// What each key of a settings document may hold: the rules of settings_document.py.

/**
 * A rule takes a value, reports what is wrong with it, and returns the value to go on with.
 * @typedef {(value: any, report: (reason: string, path?: (string | number)[]) => void) => any} Rule
 * @typedef {{path: (string | number)[], reason: string, valid?: string[]}} Problem `valid` names the keys instead of an unknown one
 */

const LARGEST_COLOUR = 0xFFFFFF;
const LONGEST_S = 86_400;
const NO_TEXT = 'it must be valid Unicode text';
const NEEDS_COLOUR = 'it must be a colour such as “#8309d5”';
export const HEX_COLOUR = /^#[0-9a-fA-F]{6}$/;

/**
 * Half a character of UTF-16 is in no text.
 * @param {unknown} value
 */
function isBroken(value) {
  return typeof value === 'string' && /\p{Surrogate}/u.test(value);
}

/** @param {unknown} value */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Turn 8590805 and "#8315D5" into "#8315d5"; anything else comes back as it is.
 * @param {unknown} value
 */
export function normalColour(value) {
  if (Number.isInteger(value) && /** @type {number} */ (value) >= 0 && /** @type {number} */ (value) <= LARGEST_COLOUR) {
    return `#${/** @type {number} */ (value).toString(16).padStart(6, '0')}`;
  }
  return typeof value === 'string' && HEX_COLOUR.test(value) ? value.toLowerCase() : value;
}

/** @type {Rule} */
const colour = (value, report) => {
  const normal = normalColour(value);
  if (typeof normal !== 'string' || !HEX_COLOUR.test(normal)) report(NEEDS_COLOUR);
  return normal;
};

/** @type {Rule} */
const colourPair = (value, report) => {
  if (!Array.isArray(value)) return report('it must be a list');
  if (value.length > 2) report(`it must have at most 2 items after validation, not ${value.length}`);
  const colours = value.slice(0, 2).map((item, i) => colour(item, (reason) => report(reason, [i])));
  if (value.length < 2) report(`it must have at least 2 items after validation, not ${value.length}`);
  return colours;
};

/**
 * @param {{longest?: number}} [limits] in characters
 * @returns {Rule}
 */
const text = ({longest = Infinity} = {}) => (value, report) => {
  if (typeof value !== 'string') return report('it must be text');
  if (isBroken(value)) report(NO_TEXT);
  else if (Array.from(value).length > longest) report(`it must have at most ${longest} characters`);
  else if (/[\x00-\x1f\x7f-\x9f]/.test(value)) report('it must be one line without control characters');
  return value;
};

/**
 * @param {{least?: number, above?: number, most: number, multiple?: number, whole?: boolean}} limits
 * @returns {Rule}
 */
const number = ({least = -Infinity, above = -Infinity, most, multiple = 0, whole = false}) => (value, report) => {
  if (typeof value !== 'number' || (whole && !Number.isInteger(value))) return report(`it must be a ${whole ? 'whole ' : ''}number`);
  if (multiple && value % multiple) report(`it must be a multiple of ${multiple}`);
  else if (value > most) report(`it must be less than or equal to ${most}`);
  else if (value < least) report(`it must be greater than or equal to ${least}`);
  else if (value <= above) report(`it must be greater than ${above}`);
  return value;
};

/**
 * @param {(string | number)[]} choices
 * @returns {Rule}
 */
const oneOf = (...choices) => (value, report) => {
  const names = choices.map((choice) => (typeof choice === 'string' ? `'${choice}'` : `${choice}`));
  const listed = [names.slice(0, -1).join(', '), ...names.slice(-1)].filter(Boolean).join(' or ');
  if (isBroken(value) && typeof choices[0] === 'string') report(NO_TEXT);
  else if (!choices.includes(value)) report(`it must be ${listed}`);
  return value;
};

/**
 * @param {Rule} rule
 * @returns {Rule}
 */
const optional = (rule) => (value, report) => (value === null ? null : rule(value, report));

/** @type {Rule} */
const anyObject = (value, report) => (isObject(value) ? value : report('it must be a JSON object'));

const side = number({least: 64, most: 4096, multiple: 2, whole: true});
const share = optional(number({least: 0, most: 1}));

/**
 * A part of the document: the rule of each key with its default, and a rule for the whole that holds once those do.
 * @typedef {{keys: Record<string, [Rule, any]>, whole?: (part: any, given: string[]) => string | false}} Part
 */

/** @type {Record<string, Part>} */
export const PARTS = {
  output: {
    keys: {
      width: [side, 1920],
      height: [side, 1080],
      fps: [oneOf(24, 30, 60), 30],
      format: [oneOf('mp4', 'webm', 'mov'), 'mp4'],
      quality: [oneOf('draft', 'standard', 'high'), 'standard'],
    },
    whole: (_, given) => given.includes('width') !== given.includes('height') && 'give both width and height, or neither',
  },
  range: {
    keys: {start_s: [number({least: 0, most: LONGEST_S}), 0], duration_s: [optional(number({above: 0, most: LONGEST_S})), null]},
  },
  text: {keys: {title: [optional(text({longest: 200})), null], artist: [optional(text({longest: 200})), null]}},
  cover: {
    keys: {source: [oneOf('file', 'tags', 'none'), 'tags'], file: [optional(text()), null]},
    whole: ({source, file}) => source === 'file' && !file && '“file” is needed when the source is “file”',
  },
  background: {
    keys: {
      type: [optional(oneOf('color', 'gradient', 'image', 'transparent')), null],
      color: [optional(colour), null],
      colors: [optional(colourPair), null],
      image: [optional(text()), null],
    },
  },
  finish: {
    keys: {glow: [optional(number({least: 0, most: 2})), null], vignette: [share, null], grain: [share, null], aberration: [share, null]},
  },
};

/** @type {Part} */
const DOCUMENT = {
  keys: {
    version: [oneOf(1), 1],
    look: [text(), 'prism'],
    preset: [optional(text()), null],
    seed: [number({least: 0, most: 0xFFFFFFFF, whole: true}), 1],
    params: [anyObject, {}],
    ...Object.fromEntries(Object.keys(PARTS).map((name) => [name, [anyObject, {}]])),
  },
};

/**
 * A document in which every key has a value, and what is wrong with it, in the order in which the service finds it.
 * @param {Record<string, any>} content
 * @returns {{document: any, problems: Problem[]}}
 */
export function checkDocument(content) {
  /** @type {Problem[]} */
  const problems = [];
  const document = checkPart(DOCUMENT, content, [], problems);
  return {document, problems};
}

/**
 * @param {Part} part
 * @param {Record<string, any>} content
 * @param {(string | number)[]} path
 * @param {Problem[]} problems
 * @returns {Record<string, any>}
 */
export function checkPart(part, content, path, problems) {
  const before = problems.length;
  const given = Object.keys(content);
  const values = Object.entries(part.keys).map(([key, [rule, otherwise]]) => {
    const value = Object.hasOwn(content, key) ? content[key] : otherwise;
    const here = [...path, key];
    const checked = rule(value, (reason, deeper = []) => void problems.push({path: [...here, ...deeper], reason}));
    const inner = path.length ? undefined : PARTS[key];
    return [key, inner && checked ? checkPart(inner, checked, here, problems) : checked];
  });
  const valid = Object.keys(part.keys);
  const unknown = given.filter((key) => !valid.includes(key));
  problems.push(...unknown.map((key) => ({path: [...path, key], reason: '', valid})));
  const result = Object.fromEntries(values);
  const reason = problems.length === before && part.whole?.(result, given);
  if (reason) problems.push({path, reason});
  return result;
}
