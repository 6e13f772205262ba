// What both lists share: the words and choices above them, and how their pictures come.
import {html} from 'lit';
import {live} from 'lit/directives/live.js';

/**
 * @typedef {import('./address.js').View} View
 * @typedef {import('./dashboard.js').Dashboard} Dashboard
 */

/** @type {Record<string, string>} */
const PICTURES = import.meta.glob('../../looks/*/thumbnails/default.webp', {eager: true, import: 'default', query: '?url'});
const LOOKS = Object.keys(PICTURES).map((path) => path.split('/').at(-3) ?? '');

/** @param {string} look */
export const pictureOf = (look) => PICTURES[`../../looks/${look}/thumbnails/default.webp`] ?? '';

/** A browser finds out late that a lazy picture is on the screen. @param {number} at place in the list */
export const loadingOf = (at) => (at < 4 ? 'eager' : 'lazy');

/** @param {string} name */
export const titled = (name) => `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`;

/**
 * @param {Dashboard} page
 * @param {string} label
 * @param {string} placeholder
 */
export function searchField(page, label, placeholder) {
  const type = (/** @type {Event} */ event) => page.type(/** @type {HTMLInputElement} */ (event.target).value);
  return html`<input class="input" type="search" aria-label=${label} placeholder=${placeholder} maxlength="200" .value=${live(page.typedSearch)} @input=${type}>`;
}

/** @param {Dashboard} page */
export const lookChoice = (page) => choice(page, 'Look', 'look', [['', 'All looks'], ...LOOKS.map((name) => /** @type {const} */ ([name, titled(name)]))]);

/**
 * @param {Dashboard} page
 * @param {string} label
 * @param {keyof View} key
 * @param {readonly (readonly [string, string])[]} options each: its value, and its words
 */
export function choice(page, label, key, options) {
  const chosen = page.view[key];
  const choose = (/** @type {Event} */ event) => page.show({[key]: /** @type {HTMLSelectElement} */ (event.target).value});
  return html`<select class="input" aria-label=${label} .value=${live(chosen)} @change=${choose}>
    ${options.map(([value, words]) => html`<option value=${value} ?selected=${value === chosen}>${words}</option>`)}
  </select>`;
}
