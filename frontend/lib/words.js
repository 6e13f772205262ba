// Numbers and times in words, the same on every page.

const NUMBER = new Intl.NumberFormat('en', {maximumFractionDigits: 1});
const MOMENT = new Intl.DateTimeFormat('en', {dateStyle: 'medium', timeStyle: 'short'});
const DATE = new Intl.DateTimeFormat('en', {dateStyle: 'long'});

/**
 * 125.4 → "2:05"
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * 95 → "about 2 minutes"; rounded the more, the longer it is.
 * @param {number} seconds
 */
export function about(seconds) {
  if (seconds < 8) return 'a few seconds';
  if (seconds < 55) return `about ${5 * Math.round(seconds / 5)} seconds`;
  if (seconds < 90) return 'about a minute';
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} minutes`;
  return `about ${NUMBER.format(seconds / 3600)} hours`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  if (bytes < 1e9) return `${bytes < 1e7 ? NUMBER.format(bytes / 1e6) : Math.round(bytes / 1e6)} MB`;
  return `${NUMBER.format(bytes / 1e9)} GB`;
}

/** @param {string} instant ISO 8601 */
export const date = (instant) => DATE.format(new Date(instant));

/** @param {string} instant ISO 8601 */
export const moment = (instant) => MOMENT.format(new Date(instant));

/**
 * 360 → "6 minutes"
 * @param {number} seconds
 */
export const minutes = (seconds) => counted(Math.round(seconds / 60), 'minute');

/**
 * 999, "usd" → "$9.99"; 999, "jpy" → "¥999"
 * @param {number} amount in the currency's smallest unit
 * @param {string} currency
 */
export function money(amount, currency) {
  const format = new Intl.NumberFormat('en', {style: 'currency', currency: currency.toUpperCase()});
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2)).replace(/\.00$/, '');
}

/** @param {number} fraction 0..1 */
export const percent = (fraction) => `${Math.floor(100 * fraction)}%`;

/**
 * "1 render", "3 renders"
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/**
 * A name within a sentence of plain text: what is written from right to left does not turn the words around it.
 * @param {string} name
 */
export const isolated = (name) => `\u2068${name}\u2069`;

/** "Ada Lovelace" is AL, "ada@example.com" is A. @param {string} name */
export function initials(name) {
  const words = name.replace(/@.*/s, '').split(/\s+/u).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return ends.map((word) => String.fromCodePoint(word?.codePointAt(0) ?? 0).toLocaleUpperCase()).join('');
}
