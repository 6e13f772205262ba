// The controls of the look, in its own groups; what few people need is behind "More".
import {html, nothing} from 'lit';
import {takePalette} from '../edits.js';
import {control} from './control.js';

/** @typedef {import('../studio.js').Studio} Studio */

/** @type {Record<string, string>} */
const CHOICES = import.meta.glob('../../../looks/*/choices/*.webp', {eager: true, import: 'default', query: '?url'});

const FINISH = {
  glow: {title: 'Glow', description: 'How far bright parts shine.', type: 'number', minimum: 0, maximum: 2},
  vignette: {title: 'Vignette', description: 'How dark the corners are.', type: 'number', minimum: 0, maximum: 1},
  grain: {title: 'Grain', description: 'Fine film grain.', type: 'number', minimum: 0, maximum: 1},
  aberration: {title: 'Colour fringes', description: 'Fringes towards the corners, as of an old lens.', type: 'number', minimum: 0, maximum: 1},
};

/**
 * Whether a parameter changes anything beside what was chosen for the others: bars have a number, a waveform has none.
 * @param {{'x-with'?: Record<string, unknown[]>}} schema
 * @param {Record<string, unknown>} params
 */
export function hasEffect(schema, params) {
  return Object.entries(schema['x-with'] ?? {}).every(([name, choices]) => choices.includes(params[name]));
}

/** @param {Studio} studio */
export function tunePanel(studio) {
  const {look, settings, store} = studio;
  const entries = Object.entries(look.parameters.properties).filter(([, schema]) => hasEffect(schema, settings.params));
  const groups = [...new Set(entries.map(([, schema]) => schema['x-group']))];
  const {standards, palette} = studio;
  const one = (/** @type {[string, any]} */ [name, schema]) =>
    control({
      name, schema, value: settings.params[name], standard: standards.params[name],
      change: (value, how) => store.change(schema.title, (draft) => ((draft.params ??= {})[name] = value), how),
      reset: () => store.change(`Reset ${schema.title}`, (draft) => delete draft.params?.[name]),
      end: () => store.letGo(),
      pictureOf: (value) => CHOICES[`../../../looks/${look.name}/choices/${name}-${value}.webp`] ?? '',
      palette,
    });
  const hasColours = (/** @type {[string, any][]} */ inside) => inside.some(([, schema]) => schema.format === 'color');
  return html`
    <div class="panel-head">
      <h2>${look.title}</h2>
      <button class="button" type="button" @click=${() => studio.surprise()}>Surprise me</button>
    </div>
    ${groups.map((group) => {
      const inside = entries.filter(([, schema]) => schema['x-group'] === group);
      const basic = inside.filter(([, schema]) => schema['x-level'] === 'basic');
      const more = inside.filter(([, schema]) => schema['x-level'] !== 'basic');
      return html`<section class="group" aria-label=${group}>
        <h3>${group}</h3>
        ${basic.map(one)}
        ${palette.length && hasColours(inside)
          ? html`<button class="button swatches" type="button" @click=${() => store.change('Colours of the cover', (draft) => takePalette(draft, look, palette))}>
              <span aria-hidden="true">${palette.map((each) => html`<i .style=${`background:${each}`}></i>`)}</span>Take the cover’s colours</button>`
          : nothing}
        ${more.length ? html`<details><summary>More</summary>${more.map(one)}</details>` : nothing}
      </section>`;
    })}
    <section class="group" aria-label="Finish">
      <h3>Finish</h3>
      ${Object.entries(FINISH).map(([name, schema]) =>
        control({
          name: `finish-${name}`, schema,
          value: settings.finish[/** @type {keyof typeof FINISH} */ (name)],
          standard: standards.finish[/** @type {keyof typeof FINISH} */ (name)],
          change: (value, how) => store.change(schema.title, (draft) => ((draft.finish ??= {})[name] = value), how),
          reset: () => store.change(`Reset ${schema.title}`, (draft) => delete draft.finish?.[name]),
          end: () => store.letGo(),
        }),
      )}
    </section>
  `;
}
