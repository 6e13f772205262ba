// What the video cuts of a text, in words, wherever somebody should know it.
import {html, nothing} from 'lit';
import {shapeOf} from './output.js';

/** @typedef {import('./studio.js').Studio} Studio */

const NAMES = /** @type {const} */ (['title', 'artist']);

/**
 * @param {Studio} studio
 * @param {'title' | 'artist'} name
 */
export function cutLine({cutText, settings: {output}}, name) {
  const cut = cutText?.[name];
  if (!cut) return nothing;
  const shape = shapeOf(output)?.name ?? `${output.width} × ${output.height}`;
  return html`Too long at ${shape}. ${cut.lines > 1 ? 'The second line' : 'It'} is cut: “<bdi>${cut.shown}</bdi>”`;
}

/** For places that do not show the text itself. @param {Studio} studio */
export function cutLines({cutText}) {
  return NAMES.filter((name) => cutText?.[name]).map((name) => html`<p class="hint">The ${name} is too long for this shape: “<bdi>${cutText?.[name]?.shown}</bdi>”</p>`);
}
