// Which lines of the text a video would cut, by the code that draws them.
import {loadFonts} from '../looks/core/fonts.js';
import {layoutFor} from '../looks/core/layout.js';
import {fittedLines} from '../looks/core/text.js';

/** @typedef {{lines: number, shown: string}} Cut how many lines there are, and what is left of the one that is cut */

/**
 * @param {string} title
 * @param {string} artist
 * @param {{width: number, height: number}} output pixels
 * @returns {Promise<{title: Cut | null, artist: Cut | null}>} null where all of it is seen
 */
export async function cutTextOf(title, artist, {width, height}) {
  await loadFonts(`${title} ${artist}`);
  const {shape} = layoutFor(width, height, true);
  const lines = fittedLines(title, artist, width, height, shape);
  return {title: cutOf(lines.title), artist: cutOf(lines.artist)};
}

/**
 * @param {import('../looks/core/text.js').Line[]} lines
 * @returns {Cut | null}
 */
function cutOf(lines) {
  const last = lines.find(({isCut}) => isCut);
  return last ? {lines: lines.length, shown: last.text} : null;
}
