/** Where a text breaks that is too long for one line. */

import {breaksOf} from './scripts.js';

/**
 * Two lines of about the same length. Where one of them would not fit, the first takes all that it can hold, so that a
 * very long text loses its end and not its middle.
 * @param {string} text
 * @param {(line: string) => boolean} fits
 * @returns {string[]} one or two lines, of which the last may still be too long
 */
export function twoLines(text, fits) {
  const ways = breaksOf(text).map((at) => [text.slice(0, at).trim(), text.slice(at).trim()]);
  const even = ways.reduce((one, other) => (unevenness(other) < unevenness(one) ? other : one), [text.trim(), '']);
  if (even.every(fits)) return even.filter(Boolean);
  return ways.findLast(([first]) => fits(first)) ?? [text.trim()];
}

/** @param {string[]} lines */
function unevenness([first, second]) {
  return Math.abs(first.length - second.length);
}
