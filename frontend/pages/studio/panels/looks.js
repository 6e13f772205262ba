// The looks and their presets.
import {html, nothing} from 'lit';
import {takeLook, takePreset} from '../edits.js';
import {LOOKS} from '../../../preview/looks.js';

/** @typedef {import('../studio.js').Studio} Studio */

/** @type {Record<string, string>} */
const PICTURES = import.meta.glob('../../../looks/*/thumbnail.jpg', {eager: true, import: 'default', query: '?url'});

/** @param {string} look */
export const pictureOf = (look) => PICTURES[`../../../looks/${look}/thumbnail.jpg`] ?? '';

/** @param {Studio} studio */
export function looksPanel(studio) {
  const {settings, store, look} = studio;
  return html`
    <h2>Looks</h2>
    <div class="tiles" role="group" aria-label="Looks">
      ${LOOKS.map((each) => html`<button class="tile" type="button" aria-pressed=${each.name === settings.look} title=${each.description ?? ''}
          @click=${() => each.name === settings.look || store.change(`Look ${each.title}`, (draft) => takeLook(draft, each))}>
        <img src=${pictureOf(each.name)} alt="" width="160" height="90" loading="lazy"><span>${each.title}</span>
      </button>`)}
    </div>
    <h2>Presets</h2>
    <div class="presets" role="group" aria-label=${`Presets of ${look.title}`}>
      ${(look.presets ?? []).map((preset) => html`<button class="preset" type="button" aria-pressed=${preset.name === settings.preset}
          @click=${() => store.change(`Preset ${preset.title}`, (draft) => takePreset(draft, look, preset.name))}>
        <span class="swatches" aria-hidden="true">${coloursOf(look, preset).map((colour) => html`<i .style=${`background:${colour}`}></i>`)}</span>${preset.title}
      </button>`)}
    </div>
    ${studio.ownPresets.length
      ? html`<h2>Yours</h2>
        <div class="presets" role="group" aria-label="Your presets">
          ${studio.ownPresets.map((own) => html`<span class="own">
            <button class="preset" type="button" @click=${() => studio.takeOwnPreset(own)}>${own.name}</button>
            <button class="button plain" type="button" aria-label=${`Delete ${own.name}`} @click=${() => studio.deleteOwnPreset(own)}>×</button>
          </span>`)}
        </div>`
      : nothing}
    <button class="button wide" type="button" @click=${() => studio.saveOwnPreset()}>Save as my preset</button>
  `;
}

/**
 * Three colours that tell presets apart.
 * @param {any} look
 * @param {any} preset
 */
function coloursOf(look, preset) {
  return Object.entries(look.parameters.properties)
    .filter(([, schema]) => /** @type {any} */ (schema).format === 'color')
    .slice(0, 3)
    .map(([name, schema]) => String(preset.params?.[name] ?? /** @type {any} */ (schema).default));
}
