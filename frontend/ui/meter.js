// How much of something is used.
import {html, nothing} from 'lit';

/** From here on it is worth a warning. */
const NEARLY = 0.8;

/**
 * @param {string} title
 * @param {string} words such as "3 of 5"
 * @param {number} part 0..1, or more
 */
export function meter(title, words, part) {
  const shown = Math.min(1, part);
  return html`<div class="use ${part >= NEARLY ? 'nearly' : ''}">
    <span class="line"><span>${title}</span><span class="number">${words}</span></span>
    <div class="meter" role="meter" aria-label=${title} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(100 * shown)} aria-valuetext=${words}><span .style=${`transform:scaleX(${shown})`}></span></div>
    ${part >= 1 ? html`<a href="/billing#plans">Upgrade for more</a>` : part >= NEARLY ? html`<span>Almost used up. <a href="/billing#plans">Compare the plans</a></span>` : nothing}
  </div>`;
}
