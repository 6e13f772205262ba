// The part of the song that becomes the video, as times that can be typed: a Canvas of eight seconds is hard to drag.
import {html, nothing} from 'lit';
import {toast} from '../../../ui/toast.js';
import {trim} from '../trim.js';

/** @typedef {import('../studio.js').Studio} Studio */

const SHORTEST_S = 1;

/** @param {Studio} studio */
export function partPanel(studio) {
  const {song, rangeS: {startS, endS}, engine: {durationS}} = studio;
  if (!song) return nothing;
  // Another song, which is on its way, begins whole.
  const isOpening = studio.engine.opening !== null;
  const set = (/** @type {'startS' | 'endS'} */ edge) => (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const typed = secondsIn(input.value);
    if (typed === null) toast('Type a time such as 1:23.5.');
    else {
      const part = partAfter(edge, typed, {startS, endS}, durationS);
      trim(studio, {...part, done: true});
      if (timeText(part[edge]) !== timeText(typed)) toast(typed > part[edge] ? `The song is ${timeText(durationS)} long.` : 'The video ends at least a second after it begins.');
    }
    input.value = timeText(studio.rangeS[edge]);
  };
  const takeWhole = (/** @type {Event} */ event) => {
    // The button goes.
    /** @type {HTMLElement | null | undefined} */ (/** @type {Element} */ (event.target).closest('.part')?.querySelector('input'))?.focus();
    trim(studio, {startS: 0, endS: durationS, done: true});
  };
  const isTrimmed = startS > 0 || endS < durationS;
  // Not `live`: the panel is drawn anew while somebody types, and the text in a field is theirs until they leave it.
  return html`<h2 id="part-of-song">Part of the song</h2>
    <div class="row part" role="group" aria-labelledby="part-of-song">
      <label>From <input class="amount number" type="text" autocomplete="off" ?disabled=${isOpening} .value=${timeText(startS)} @change=${set('startS')}></label>
      <label>To <input class="amount number" type="text" autocomplete="off" ?disabled=${isOpening} .value=${timeText(endS)} @change=${set('endS')}></label>
      ${isTrimmed ? html`<button class="button" type="button" @click=${takeWhole}>Whole song</button>` : nothing}
    </div>`;
}

/**
 * The part after one of its ends was typed: at least a second long, and within the song. A start beyond the end moves the
 * part, which stays as long as it was.
 * @param {'startS' | 'endS'} edge
 * @param {number} typed seconds
 * @param {{startS: number, endS: number}} part
 * @param {number} songS
 */
export function partAfter(edge, typed, {startS, endS}, songS) {
  if (edge === 'endS') return {startS, endS: Math.min(songS, Math.max(typed, startS + SHORTEST_S))};
  const start = Math.max(0, Math.min(typed, songS - SHORTEST_S));
  return {startS: start, endS: start < endS - SHORTEST_S ? endS : Math.min(songS, start + Math.max(SHORTEST_S, endS - startS))};
}

/**
 * 83.25 → "1:23.3"
 * @param {number} seconds
 */
export function timeText(seconds) {
  const tenths = Math.round(10 * seconds);
  const rest = tenths % 600;
  return `${Math.floor(tenths / 600)}:${rest < 100 ? '0' : ''}${rest / 10}`;
}

/**
 * "1:23.5", "83.5" and "83,5" are all 83.5.
 * @param {string} text
 * @returns {number | null} null for what is no time
 */
export function secondsIn(text) {
  const [whole, minutes = '0', seconds = ''] = /^\s*(?:(\d{1,3}):)?(\d{1,5}(?:[.,]\d+)?)\s*$/.exec(text) ?? [];
  return whole === undefined ? null : 60 * Number(minutes) + Number(seconds.replace(',', '.'));
}
