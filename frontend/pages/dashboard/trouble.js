// A list that could not be fetched.
import {html} from 'lit';

/** @param {import('./pages.js').Pages<any>} pages */
export function trouble(pages) {
  return html`<div class="empty" role="alert">
    <h2>This did not work</h2>
    <p>${pages.trouble?.message}</p>
    <button class="button" type="button" @click=${() => void pages.reload()}>Try again</button>
  </div>`;
}
