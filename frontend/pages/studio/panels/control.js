// One control for one value, made from its schema: slider, colour, choice, tiles or switch, with a dot that takes it back.
import {html, nothing} from 'lit';
import {live} from 'lit/directives/live.js';

/**
 * @typedef {object} ControlOptions
 * @property {string} name
 * @property {any} schema title, description, type, limits
 * @property {any} value
 * @property {any} standard the value without a choice of one's own
 * @property {(value: any, how?: {isHeld?: boolean}) => void} change isHeld: until `end`
 * @property {() => void} reset
 * @property {() => void} end a gesture is over
 * @property {(value: string) => string} [pictureOf] address of the picture of a choice, or ""
 * @property {string[]} [palette] colours to pick from, #rrggbb
 */

/** @param {ControlOptions} options */
export function control(options) {
  const {schema} = options;
  if (schema.format === 'color') return colour(options);
  if (schema.enum) return schema['x-tiles'] ? tiles(options) : choice(options);
  if (schema.type === 'boolean') return flip(options);
  return slider(options);
}

/** @param {ControlOptions} options */
function slider({name, schema, value, standard, change, reset, end}) {
  const step = schema.type === 'integer' ? 1 : 0.01;
  const set = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const number = Number(input.value.replace(',', '.'));
    if (input.value.trim() && Number.isFinite(number)) change(bounded(number, schema), {isHeld: input.type === 'range'});
    else input.value = shown(value, schema);
  };
  return html`<div class="control" @dblclick=${reset}>
    <div class="line">
      <label for=${`p-${name}`} title=${schema.description ?? ''}>${schema.title}</label>
      ${dot(value, standard, schema.title, reset)}
      <input class="amount number" type="text" inputmode="decimal" aria-label=${`${schema.title}, as a number`}
        .value=${live(shown(value, schema))} @change=${set} @dblclick=${(/** @type {Event} */ event) => event.stopPropagation()}>
    </div>
    <input id=${`p-${name}`} type="range" min=${schema.minimum} max=${schema.maximum} step=${step}
      aria-describedby=${`d-${name}`} .style=${`--fill:${fillOf(value, schema)}`} .value=${live(String(value))} @input=${set} @change=${end}>
    ${hint(name, schema)}
  </div>`;
}

/**
 * How far a slider is moved, 0 to 1.
 * @param {number} value
 * @param {{minimum: number, maximum: number}} schema
 */
const fillOf = (value, {minimum, maximum}) => (value - minimum) / (maximum - minimum);

/** @param {ControlOptions} options */
function colour({name, schema, value, standard, change, reset, end, palette = []}) {
  const set = (/** @type {Event} */ event) => change(/** @type {HTMLInputElement} */ (event.target).value, {isHeld: true});
  const type = (/** @type {Event} */ event) => {
    const text = /** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase();
    const digits = text.replace(/^#/, '');
    const whole = `#${digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits}`;
    if (/^#[0-9a-f]{6}$/.test(whole)) change(whole);
    else /** @type {HTMLInputElement} */ (event.target).value = value;
  };
  return html`<div class="control inline">
    <label for=${`p-${name}`} title=${schema.description ?? ''}>${schema.title}</label>
    ${dot(value, standard, schema.title, reset)}
    <input class="amount" type="text" maxlength="7" spellcheck="false" aria-label=${`${schema.title}, as a code`} .value=${live(value)} @change=${type}>
    <input id=${`p-${name}`} type="color" aria-describedby=${`d-${name}`} list=${palette.length ? `l-${name}` : nothing} .value=${live(value)} @input=${set} @change=${end}>
    ${palette.length ? html`<datalist id=${`l-${name}`}>${palette.map((each) => html`<option value=${each}></option>`)}</datalist>` : nothing}
    ${hint(name, schema)}
  </div>`;
}

/** @param {ControlOptions} options */
function choice({name, schema, value, standard, change, reset}) {
  return html`<fieldset class="control" aria-describedby=${`d-${name}`}>
    <legend class="line"><span title=${schema.description ?? ''}>${schema.title}</span>${dot(value, standard, schema.title, reset)}</legend>
    <div class="chips">
      ${schema.enum.map((/** @type {string} */ each) => html`<label class="chip">
        <input type="radio" name=${`p-${name}`} value=${each} .checked=${live(each === value)} @change=${() => change(each)}>
        <span>${words(each)}</span>
      </label>`)}
    </div>
    ${hint(name, schema)}
  </fieldset>`;
}

/** @param {ControlOptions} options */
function tiles({name, schema, value, standard, change, reset, pictureOf}) {
  return html`<fieldset class="control" aria-describedby=${`d-${name}`}>
    <legend class="line"><span title=${schema.description ?? ''}>${schema.title}</span>${dot(value, standard, schema.title, reset)}<span class="quiet" aria-hidden="true">${words(value)}</span></legend>
    <div class="choices">
      ${schema.enum.map((/** @type {string} */ each) => html`<label class="choice" title=${words(each)}>
        <input type="radio" name=${`p-${name}`} value=${each} aria-label=${words(each)} .checked=${live(each === value)} @change=${() => change(each)}>
        <img src=${pictureOf?.(each) ?? ''} alt="" width="160" height="160" loading="lazy">
      </label>`)}
    </div>
    ${hint(name, schema)}
  </fieldset>`;
}

/** @param {ControlOptions} options */
function flip({name, schema, value, standard, change, reset}) {
  const set = (/** @type {Event} */ event) => change(/** @type {HTMLInputElement} */ (event.target).checked);
  return html`<div class="control inline">
    <label for=${`p-${name}`} title=${schema.description ?? ''}>${schema.title}</label>
    ${dot(value, standard, schema.title, reset)}
    <input id=${`p-${name}`} type="checkbox" role="switch" aria-describedby=${`d-${name}`} .checked=${live(value)} @change=${set}>
    ${hint(name, schema)}
  </div>`;
}

/**
 * @param {any} value
 * @param {any} standard
 * @param {string} title
 * @param {() => void} reset
 */
function dot(value, standard, title, reset) {
  if (value === standard) return nothing;
  return html`<button class="dot" type="button" title="Reset" aria-label=${`Reset ${title}`} @click=${reset}><svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M3 2v4h4M3.4 6a5.2 5.2 0 1 1-.5 3.4" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/></svg></button>`;
}

/**
 * @param {string} name
 * @param {any} schema
 */
function hint(name, {description}) {
  return html`<span class="only-heard" id=${`d-${name}`}>${description ?? ''}</span>`;
}

/**
 * @param {number} value
 * @param {any} schema
 */
export function bounded(value, {minimum, maximum, type}) {
  const inside = Math.min(maximum, Math.max(minimum, value));
  return type === 'integer' ? Math.round(inside) : Math.round(1000 * inside) / 1000;
}

/**
 * @param {number} value
 * @param {any} schema
 */
const shown = (value, {type}) => (type === 'integer' ? String(value) : String(Math.round(100 * value) / 100));

/** @type {Record<string, string>} */
const PROPER = {mobius: 'Möbius strip', klein: 'Klein bottle'};

/** torusKnot → "Torus knot" @param {string} name */
export function words(name) {
  if (PROPER[name]) return PROPER[name];
  const spaced = name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('-', ' ').toLowerCase();
  return `${spaced[0]?.toUpperCase()}${spaced.slice(1)}`;
}
