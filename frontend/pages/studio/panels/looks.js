// The looks and their presets, as pictures that move under the pointer and on focus.
import {html, nothing} from 'lit';
import {fitFormat, takeLook, takePreset} from '../edits.js';
import {saveOwnPreset, takeOwnPreset} from '../preset-of-look.js';
import {LOOKS} from '../../../preview/looks.js';
import {copyLook, pasteLook} from '../sharing.js';

/** @typedef {import('../studio.js').Studio} Studio */

/** @type {Record<string, string>} */
const PICTURES = import.meta.glob('../../../looks/*/thumbnails/*.webp', {eager: true, import: 'default', query: '?url'});
/** @type {Record<string, string>} */
const LOOPS = import.meta.glob('../../../looks/*/thumbnails/*.webm', {eager: true, import: 'default', query: '?url'});

/**
 * The address of the still picture of a look or one of its presets.
 * @param {string} look
 * @param {string | null} [preset]
 */
export const pictureOf = (look, preset) => PICTURES[`../../../looks/${look}/thumbnails/${preset ?? 'default'}.webp`] ?? '';

/** @param {Studio} studio */
export function looksPanel(studio) {
  const {settings, store, look} = studio;
  return html`
    <h2>Looks</h2>
    <div class="tiles" role="toolbar" aria-label="Looks" @keydown=${moveFocus}>
      ${LOOKS.map((each) => tile({
        stops: each.name === settings.look,
        look: each.name, picture: 'default', title: each.title, hint: each.description ?? '', chosen: each.name === settings.look,
        take: () => store.change(`Look ${each.title}`, (draft) => {
          // Pressed again, it is the plain look, without the preset.
          if (each.name !== settings.look) takeLook(draft, each, studio.leftLooks);
          else if (settings.preset) takePreset(draft, each, null);
          fitFormat(draft, settings.output);
        }),
      }))}
    </div>
    <h2>Presets</h2>
    <div class="tiles small" role="toolbar" aria-label=${`Presets of ${look.title}`} @keydown=${moveFocus}>
      ${(look.presets ?? []).map((preset, at) => tile({
        stops: settings.preset ? preset.name === settings.preset : at === 0,
        look: look.name, picture: preset.name, title: preset.title, hint: '', chosen: preset.name === settings.preset,
        take: () => store.change(`Preset ${preset.title}`, (draft) => takePreset(draft, look, preset.name)),
      }))}
    </div>
    ${studio.presets.all.length
      ? html`<h2>Yours</h2>
        <div class="tiles small" role="group" aria-label="Your presets">
          ${studio.presets.all.map((own) => html`<span class="own">
            <button class="tile" type="button" title=${own.name} @click=${() => takeOwnPreset(studio, own)}>
              <img src=${studio.presets.pictureUrl(own) || pictureOf(own.look)} alt="" width="320" height="180"><span><bdi>${own.name}</bdi></span>
            </button>
            <button class="icon" type="button" aria-label=${`Delete ${own.name}`} title="Delete" @click=${() => studio.presets.remove(own)}>×</button>
          </span>`)}
        </div>`
      : nothing}
    <section class="group" aria-labelledby="this-look">
      <h3 id="this-look">This look</h3>
      <div class="own-actions">
        <button class="button wide" type="button" @click=${() => saveOwnPreset(studio)}>Save as my preset</button>
        <button class="button" type="button" title="Copy this look as text, to paste it elsewhere" @click=${() => copyLook(studio)}>Copy look</button>
        <button class="button" type="button" title="Use a look that you copied" @click=${() => pasteLook(studio)}>Paste look</button>
      </div>
    </section>
  `;
}

const STEPS = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1};

/** The arrows lead from tile to tile: the Tab key stops at one of them only. @param {KeyboardEvent} event */
function moveFocus(event) {
  const step = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  const tiles = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll('button')];
  const at = tiles.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  tiles[(at + step + tiles.length) % tiles.length]?.focus();
}

/**
 * @param {{look: string, picture: string, title: string, hint: string, chosen: boolean, stops: boolean, take: () => void}} options
 *   stops: whether the Tab key stops here
 */
function tile({look, picture, title, hint, chosen, stops, take}) {
  const place = `../../../looks/${look}/thumbnails/${picture}`;
  return html`<button class="tile" type="button" tabindex=${stops ? 0 : -1} aria-pressed=${chosen} title=${hint || nothing} data-loop=${LOOPS[`${place}.webm`] ?? ''}
      @click=${take} @pointerenter=${move} @pointerleave=${rest} @focus=${move} @blur=${rest}>
    <img src=${pictureOf(look, picture)} alt="" width="320" height="180" loading="lazy"><span>${title}</span>
  </button>`;
}

/** @param {Event} event */
function move({currentTarget}) {
  const button = /** @type {HTMLElement} */ (currentTarget);
  const {loop} = button.dataset;
  if (!loop || button.querySelector('video') || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const video = document.createElement('video');
  Object.assign(video, {src: loop, muted: true, loop: true, autoplay: true, playsInline: true});
  video.setAttribute('aria-hidden', 'true');
  button.querySelector('img')?.after(video);
}

/** @param {Event} event */
function rest({currentTarget}) {
  const button = /** @type {HTMLElement} */ (currentTarget);
  if (button.matches(':hover, :focus-visible')) return;
  const video = button.querySelector('video');
  video?.removeAttribute('src');
  video?.remove();
}
