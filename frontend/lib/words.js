// Numbers, prices and times in words: one style for every page, and that of our emails (src/oriel/mails/wording.py).

const NUMBER = new Intl.NumberFormat('en', {maximumFractionDigits: 1});
const DAY = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'long'});
const DAY_AND_YEAR = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'long', year: 'numeric'});
const SHORT_DAY = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short'});
const SHORT_DAY_AND_YEAR = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', year: 'numeric'});
const TIME = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit'});
/** Currencies that everybody knows by a sign; all others have their three letters. */
const SIGNS = ['USD', 'EUR', 'GBP', 'JPY'];

/**
 * 125.4 → "2:05". A second counts when it is over.
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

/**
 * 2_400_000 → "2.4 MB". A MB is a million bytes; there are decimals only below 10 MB, and in GB.
 * @param {number} bytes
 */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  if (bytes < 1e9) return `${bytes < 1e7 ? NUMBER.format(bytes / 1e6) : Math.round(bytes / 1e6)} MB`;
  return `${NUMBER.format(bytes / 1e9)} GB`;
}

/**
 * "28 November", with the year only when it is not this one: "3 January 2027".
 * @param {string} instant ISO 8601
 * @param {Date} [now]
 */
export function date(instant, now = new Date()) {
  const day = new Date(instant);
  return (day.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR).format(day);
}

/**
 * "28 November 2026", for what is filed.
 * @param {string} instant ISO 8601
 */
export const dateAndYear = (instant) => DAY_AND_YEAR.format(new Date(instant));

/**
 * "28 Nov", where there is little room; with the year as `date` has it.
 * @param {string} instant ISO 8601
 * @param {Date} [now]
 */
export function shortDate(instant, now = new Date()) {
  const day = new Date(instant);
  return (day.getFullYear() === now.getFullYear() ? SHORT_DAY : SHORT_DAY_AND_YEAR).format(day);
}

/**
 * "28 November, 15:40", with the year as `date` has it.
 * @param {string} instant ISO 8601
 * @param {Date} [now]
 */
export const moment = (instant, now) => `${date(instant, now)}, ${TIME.format(new Date(instant))}`;

const DAY_MS = 86_400_000;

/**
 * Until something is deleted: "Kept 3 more days", "Deleted within a day".
 * @param {string} instant ISO 8601
 * @param {Date} [now]
 */
export function daysLeft(instant, now = new Date()) {
  const days = Math.ceil((new Date(instant).getTime() - now.getTime()) / DAY_MS);
  return days <= 1 ? 'Deleted within a day' : `Kept ${counted(days, 'more day')}`;
}

/**
 * 360 → "6 minutes"
 * @param {number} seconds
 */
export const minutes = (seconds) => counted(Math.round(seconds / 60), 'minute');

/**
 * 999, "usd" → "$9.99"; 2000, "usd" → "$20.00"; 0, "usd" → "$0"; 999, "jpy" → "¥999"; 999, "chf" → "CHF 9.99". Only nothing has no cents.
 * @param {number} amount in the currency's smallest unit
 * @param {string} currency
 */
export function money(amount, currency) {
  const code = currency.toUpperCase();
  const format = new Intl.NumberFormat('en', {style: 'currency', currency: code, currencyDisplay: SIGNS.includes(code) ? 'symbol' : 'code'});
  const words = format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  return amount ? words : words.replace(/\.0+$/, '');
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
