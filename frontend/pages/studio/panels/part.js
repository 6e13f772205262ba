// The part of the song that becomes the video, as times that can be typed: a Canvas of eight seconds is hard to drag.
import {html, nothing} from 'lit';
import {live} from 'lit/directives/live.js';
import {trim} from '../trim.js';

/** @typedef {import('../studio.js').Studio} Studio */

const SHORTEST_S = 1;

/** @param {Studio} studio */
export function partPanel(studio) {
  const {song, rangeS: {startS, endS}, engine: {durationS}} = studio;
  if (!song) return nothing;
  const set = (/** @type {'startS' | 'endS'} */ edge) => (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const typed = secondsIn(input.value);
    if (typed !== null) {
      const range = edge === 'startS'
        ? {startS: Math.min(typed, endS - SHORTEST_S), endS}
        : {startS, endS: Math.min(durationS, Math.max(typed, startS + SHORTEST_S))};
      trim(studio, {startS: Math.max(0, range.startS), endS: range.endS, done: true});
    }
    input.value = timeText(studio.rangeS[edge]);
  };
  const isTrimmed = startS > 0 || endS < durationS;
  return html`<h2>Part of the song</h2>
    <div class="row part">
      <label>From <input class="amount number" type="text" inputmode="decimal" autocomplete="off" .value=${live(timeText(startS))} @change=${set('startS')}></label>
      <label>to <input class="amount number" type="text" inputmode="decimal" autocomplete="off" .value=${live(timeText(endS))} @change=${set('endS')}></label>
      ${isTrimmed ? html`<button class="button" type="button" @click=${() => trim(studio, {startS: 0, endS: durationS, done: true})}>Whole song</button>` : nothing}
    </div>`;
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
