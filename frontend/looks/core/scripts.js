// Which fonts draw which script, and how lines of it are set. Inter comes first; each script that it lacks has its Noto.
import {FAMILY} from './fonts.js';

/** Scripts whose letters join or stack: space between them would tear words apart. */
const JOINED = ['Arabic', 'Syriac', 'Nko', 'Mongolian', 'Thaana', 'Thai', 'Lao', 'Khmer', 'Myanmar', 'Tibetan',
  'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala'];

const NOTO = ['Hebrew', 'Armenian', 'Georgian', 'Ethiopic', 'Cherokee', 'Tifinagh', 'Yi',
  ...JOINED.filter((script) => script !== 'Nko' && script !== 'Tibetan')];

/** @type {[RegExp, string][]} */
const FAMILIES = [
  // Japanese, Korean and Chinese write the same Han letters in different shapes: what stands beside them decides.
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'Noto Sans CJK JP'],
  [/\p{Script=Hangul}/u, 'Noto Sans CJK KR'],
  [/\p{Script=Bopomofo}/u, 'Noto Sans CJK TC'],
  [/\p{Script=Han}/u, 'Noto Sans CJK SC'],
  [/\p{Script=Nko}/u, 'Noto Sans NKo'],
  [/\p{Script=Tibetan}/u, 'Noto Serif Tibetan'],
  ...NOTO.map((script) => /** @type {[RegExp, string]} */ ([new RegExp(`\\p{Script=${script}}`, 'u'), `Noto Sans ${script}`])),
];

const JOINS = new RegExp(`[${JOINED.map((script) => `\\p{Script=${script}}`).join('')}]`, 'u');
const CASED = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}]+/gu;
const RIGHT_TO_LEFT = ['Hebrew', 'Arabic', 'Syriac', 'Thaana', 'Nko', 'Samaritan', 'Mandaic', 'Adlam', 'Hanifi_Rohingya'];
const RTL = new RegExp(`[${RIGHT_TO_LEFT.map((script) => `\\p{Script=${script}}`).join('')}]`, 'u');

/**
 * The families for a text, as CSS; what none of them has comes from any font of the system.
 * @param {string} text
 */
export function familiesFor(text) {
  const noto = FAMILIES.filter(([script]) => script.test(text)).map(([, family]) => `"${family}", `);
  return `"${FAMILY}", ${noto.join('')}sans-serif`;
}

/** @param {string} text */
export function isSpaced(text) {
  return !JOINS.test(text);
}

/**
 * The direction of a line is that of its first letter.
 * @param {string} text
 * @returns {'ltr' | 'rtl'}
 */
export function directionOf(text) {
  const first = /\p{L}/u.exec(text);
  return first && RTL.test(first[0]) ? 'rtl' : 'ltr';
}

/**
 * Capitals where a script has them, and always the same: Georgian's are of another age, and a locale changes them.
 * @param {string} text
 */
export function capitals(text) {
  return text.replace(CASED, (letters) => letters.toUpperCase());
}

/**
 * Where a line may be broken: between words, which Thai, Chinese and Japanese write without spaces.
 * @param {string} text
 * @returns {number[]} offsets
 */
export function breaksOf(text) {
  const words = Array.from(new Intl.Segmenter('en', {granularity: 'word'}).segment(text));
  return words.slice(1).filter(({isWordLike}, i) => {
    const before = words[i];
    return !before.segment.trim() || (isWordLike && before.isWordLike);
  }).map(({index}) => index);
}
