// The short texts along the axes of charts. Times are in UTC, as everywhere in the panel.

const DAY = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', timeZone: 'UTC'});
const MONTH = new Intl.DateTimeFormat('en-GB', {month: 'short', year: 'numeric', timeZone: 'UTC'});
const TIME = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', timeZone: 'UTC'});
const SHORT = new Intl.NumberFormat('en', {notation: 'compact', maximumFractionDigits: 1});
/** @type {[number, string][]} */
const SIZES = [[1e12, 'TB'], [1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB'], [1, 'B']];

/**
 * "14:00", "29 Nov" where a day begins, "Nov 2026" where a range is shown by the week.
 * @param {number} seconds since 1970
 * @param {'hour' | 'day' | 'week'} step
 */
export function periodText(seconds, step) {
  const at = new Date(seconds * 1000);
  if (step === 'week') return MONTH.format(at);
  return step === 'hour' && at.getUTCHours() ? TIME.format(at) : DAY.format(at);
}

/**
 * "1.2K", "45 s", "98 %", "$1.2K" or "2.4 GB"; nothing for what is no value.
 * @param {number | null} value
 * @param {{unit: string, currency: string}} of
 */
export function axisText(value, {unit, currency}) {
  if (value === null) return '';
  if (unit === 'seconds') return duration(value);
  if (unit === 'share') return `${SHORT.format(value * 100)} %`;
  if (unit === 'bytes') return size(value);
  return unit === 'money' ? money(value, currency) : SHORT.format(value);
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 60) return `${SHORT.format(seconds)} s`;
  if (seconds < 3600) return `${SHORT.format(seconds / 60)} min`;
  return seconds < 86_400 ? `${SHORT.format(seconds / 3600)} h` : `${SHORT.format(seconds / 86_400)} d`;
}

/** @param {number} bytes */
function size(bytes) {
  const [unit, name] = SIZES.find(([least]) => bytes >= least) ?? [1, 'B'];
  return `${SHORT.format(bytes / unit)} ${name}`;
}

/**
 * @param {number} amount in the currency's smallest unit
 * @param {string} currency
 */
function money(amount, currency) {
  const style = /** @type {const} */ ({style: 'currency', currency});
  const decimals = new Intl.NumberFormat('en', style).resolvedOptions().maximumFractionDigits ?? 2;
  const short = new Intl.NumberFormat('en', {...style, notation: 'compact', maximumFractionDigits: 1});
  return short.format(amount / 10 ** decimals);
}
