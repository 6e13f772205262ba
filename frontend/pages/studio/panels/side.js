// The panels beside the picture, one tab each.
import {html} from 'lit';
import {looksPanel} from './looks.js';
import {outputPanel} from './output.js';
import {textPanel} from './text.js';
import {tunePanel} from './tune.js';

/** @typedef {import('../studio.js').Studio} Studio */

const TABS = /** @type {const} */ ([
  ['looks', 'Looks'],
  ['tune', 'Tune'],
  ['text', 'Text & cover'],
  ['output', 'Output'],
]);

/** @param {Studio} studio */
export function side(studio) {
  const panel = {looks: looksPanel, tune: tunePanel, text: textPanel, output: outputPanel}[studio.tab];
  return html`<aside class="side right" aria-label="Settings">
    <div class="tabs" role="tablist" aria-label="Settings" @keydown=${(/** @type {KeyboardEvent} */ event) => moveTab(studio, event)}>
      ${TABS.map(([name, title]) => html`<button class="tab ${name}-tab" role="tab" type="button" id=${`tab-${name}`} aria-controls="panel"
        aria-selected=${studio.tab === name} tabindex=${studio.tab === name ? 0 : -1} @click=${() => (studio.tab = name)}>${title}</button>`)}
    </div>
    <div class="panel" role="tabpanel" id="panel" aria-labelledby=${`tab-${studio.tab}`} tabindex="-1">${panel(studio)}</div>
  </aside>`;
}

/**
 * @param {Studio} studio
 * @param {KeyboardEvent} event
 */
function moveTab(studio, event) {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const shown = TABS.filter(([name]) => studio.querySelector(`#tab-${name}`)?.getClientRects().length);
  const at = shown.findIndex(([name]) => name === studio.tab);
  const next = shown[(at + step + shown.length) % shown.length];
  if (!next) return;
  studio.tab = next[0];
  void studio.updateComplete.then(() => /** @type {HTMLElement | null} */ (studio.querySelector(`#tab-${studio.tab}`))?.focus());
}
