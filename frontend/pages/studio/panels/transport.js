// Below the picture: play, the place in the song, the timeline, and what concerns the sound.
import {html, nothing} from 'lit';
import {live} from 'lit/directives/live.js';
import {session} from '../../../lib/session.js';
import {isTouch} from '../../../lib/touch.js';
import {loudIcon, moreIcon, mutedIcon, pauseIcon, playIcon} from '../icons.js';
import {KEYS} from '../keys.js';
import {chooseSong} from '../song-file.js';
import {trim} from '../trim.js';

const LONGEST_DELAY_MS = 500;

/** @param {import('../studio.js').Studio} studio */
export function transport(studio) {
  const {engine} = studio;
  // The example has no sound.
  const isSilent = engine.muted || !studio.song;
  return html`<footer class="transport">
    <button class="icon play" type="button" aria-label=${engine.paused ? 'Play' : 'Pause'} ?disabled=${!engine.canPlay} @click=${() => studio.togglePlay()}>${engine.paused ? playIcon : pauseIcon}</button>
    <span class="time number"></span>
    <oriel-timeline title="Click to seek, drag the white ends to trim, use the wheel to zoom" .track=${engine.track} .range=${studio.rangeS} @seek=${(/** @type {CustomEvent} */ event) => studio.seek(event.detail.timeS)} @trim=${(/** @type {CustomEvent} */ event) => trim(studio, event.detail)}></oriel-timeline>
    <button class="icon wide-only" type="button" ?disabled=${!studio.song} aria-label=${isSilent ? 'Turn the sound on' : 'Turn the sound off'} title=${!studio.song ? 'Sound comes with your song' : isSilent ? 'Turn the sound on' : 'Turn the sound off'} @click=${() => studio.toggleMute()}>${isSilent ? mutedIcon : loudIcon}</button>
    <details class="menu above">
      <summary class="icon" aria-label=${isTouch() ? 'More' : 'Sound and keys'} title=${isTouch() ? 'More' : 'Sound and keys'}>${moreIcon}</summary>
      <div class="menu-items">
        ${studio.song ? html`<button class="button narrow-only" type="button" @click=${() => chooseSong(studio)}>Change the song</button>` : nothing}
        ${studio.song && session.state !== 'signed-in' ? html`<a class="button narrow-only" href="/login?next=/studio">Sign in</a>` : nothing}
        <a class="button narrow-only" href="/help" target="_blank">Help</a>
        <label class="check narrow-only"><input type="checkbox" role="switch" .checked=${live(!engine.muted)} @change=${() => studio.toggleMute()}> Sound</label>
        ${delay(studio)}${isTouch() ? nothing : keys()}
      </div>
    </details>
  </footer>`;
}

/** @param {import('../studio.js').Studio} studio */
function delay(studio) {
  const {delayMs} = studio;
  return html`<div class="control">
    <div class="line"><label for="delay">Headphone delay</label><output class="number quiet" for="delay">${delayMs} ms</output></div>
    <input id="delay" type="range" min="0" max=${LONGEST_DELAY_MS} step="10" aria-describedby="delay-hint" .style=${`--fill:${delayMs / LONGEST_DELAY_MS}`} .value=${live(String(delayMs))}
      @input=${(/** @type {Event} */ event) => studio.setDelay(Number(/** @type {HTMLInputElement} */ (event.target).value))}>
    <p class="hint quiet" id="delay-hint">Wireless headphones play late. Move this until picture and sound agree. Your video is in time whatever you set here.</p>
  </div>`;
}

function keys() {
  return html`<dl class="keys wide-only">
    ${KEYS.map(([names, does]) => html`<div><dt>${names.map((name) => html`<kbd>${name}</kbd>`)}</dt><dd>${does}</dd></div>`)}
  </dl>`;
}
