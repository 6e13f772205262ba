// Where times lie on the timeline, and where pixels lie in the song.

/** @typedef {import('./timeline.js').View} View */

/** The closest look: this many seconds from edge to edge. */
const CLOSEST_S = 2;

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export const bound = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * @param {number} timeS
 * @param {View} view
 * @param {number} width pixels
 */
export const xAt = (timeS, {start, end}, width) => ((timeS - start) / (end - start)) * width;

/**
 * @param {number} x pixels
 * @param {View} view
 * @param {number} width pixels
 */
export const timeAt = (x, {start, end}, width) => start + (x / width) * (end - start);

/**
 * The same view moved into the song.
 * @param {View} view
 * @param {number} durationS
 * @returns {View}
 */
export function clampView({start, end}, durationS) {
  const length = Math.min(end - start, durationS);
  const from = bound(start, 0, durationS - length);
  return {start: from, end: from + length};
}

/**
 * A view around the same moment: a factor below 1 is nearer.
 * @param {View} view
 * @param {number} aroundS stays where it is
 * @param {number} factor
 * @param {number} durationS
 */
export function zoomed({start, end}, aroundS, factor, durationS) {
  const length = bound((end - start) * factor, Math.min(CLOSEST_S, durationS), durationS);
  const part = (aroundS - start) / (end - start);
  return clampView({start: aroundS - part * length, end: aroundS + (1 - part) * length}, durationS);
}

/**
 * The trim handle at a place, if there is one.
 * @param {number} x
 * @param {{startS: number, endS: number}} range
 * @param {View} view
 * @param {number} width
 * @param {number} reach pixels
 * @returns {'start' | 'end' | null}
 */
export function nearestEdge(x, {startS, endS}, view, width, reach) {
  const [fromStart, fromEnd] = [Math.abs(x - xAt(startS, view, width)), Math.abs(x - xAt(endS, view, width))];
  if (Math.min(fromStart, fromEnd) > reach) return null;
  return fromStart < fromEnd ? 'start' : 'end';
}
