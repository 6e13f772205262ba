// A list, or its next page, that could not be fetched.
import {html} from 'lit';

/** @param {import('../../lib/pages.js').Pages<any>} pages */
export function trouble(pages) {
  return html`<div class="empty" role="alert">
    <h2>Something went wrong</h2>
    <p>${pages.trouble?.message}</p>
    <button class="button" type="button" @click=${() => void pages.reload()}>Try again</button>
  </div>`;
}

/** The end of what is shown so far. @param {import('../../lib/pages.js').Pages<any>} pages */
export function end(pages) {
  return html`<div class="end-of-list" ?hidden=${!pages.hasMore}>
    ${pages.trouble ? html`${pages.trouble.message} <button class="button" type="button" @click=${() => void pages.more()}>Try again</button>` : 'Loading more…'}
  </div>`;
}
