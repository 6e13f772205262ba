// Title, artist, cover and background.
import {html, nothing} from 'lit';
import {live} from 'lit/directives/live.js';
import {choosePicture, removeCover} from '../cover.js';
import {cutLine} from '../cut-line.js';
import {fitFormat} from '../edits.js';
import {lockOf} from '../output.js';
import {shownName} from '../own-pictures.js';

/** @typedef {import('../studio.js').Studio} Studio */

const BACKGROUNDS = [
  {type: 'color', title: 'Colour'},
  {type: 'gradient', title: 'Gradient'},
  {type: 'image', title: 'Picture'},
  {type: 'transparent', title: 'None'},
];

/** @param {Studio} studio */
export function textPanel(studio) {
  const {settings, song} = studio;
  return html`
    <h2>Text</h2>
    ${line(studio, 'title', 'Title', song?.title ?? '', settings.text.title)}
    ${line(studio, 'artist', 'Artist', song?.artist ?? '', settings.text.artist)}
    <h2>Cover</h2>
    ${cover(studio)}
    <h2>Background</h2>
    ${background(studio)}
  `;
}

/**
 * @param {Studio} studio
 * @param {'title' | 'artist'} name
 * @param {string} label
 * @param {string} tag what the song's file says
 * @param {string | null} value null: as the file says
 */
function line(studio, name, label, tag, value) {
  const {store} = studio;
  const set = (/** @type {Event} */ event) => {
    const text = /** @type {HTMLInputElement} */ (event.target).value.slice(0, 200);
    store.change(label, (draft) => ((draft.text ??= {})[name] = text));
    studio.showText();
  };
  const take = (/** @type {boolean} */ shows) =>
    store.change(shows ? `Show ${label.toLowerCase()}` : `Hide ${label.toLowerCase()}`, (draft) => ((draft.text ??= {})[name] = shows ? null : ''));
  return html`<div class="field">
    <div class="row">
      <label for=${`t-${name}`}>${label}</label>
      <label class="check"><input type="checkbox" role="switch" .checked=${live(value !== '')} @change=${(/** @type {Event} */ event) => take(/** @type {HTMLInputElement} */ (event.target).checked)}> <span class="quiet">Show</span></label>
    </div>
    <input class="input" id=${`t-${name}`} maxlength="200" autocomplete="off" dir="auto" placeholder=${tag || 'None'} .value=${live(value ?? '')}
      @input=${set} @change=${() => store.endGesture()}>
    ${value === null && tag ? html`<p class="hint">From the file: <bdi>${tag}</bdi></p>` : nothing}
    ${value && tag && value !== tag ? html`<p class="hint">The file says: <bdi>${tag}</bdi> <button class="button plain small" type="button" @click=${() => take(true)}>Use it</button></p>` : nothing}
    <p class="hint cut" role="status">${cutLine(studio, name)}</p>
  </div>`;
}

/** @param {Studio} studio */
function cover(studio) {
  const {settings, coverUrl} = studio;
  const missing = settings.cover.source === 'file' && !coverUrl ? settings.cover.file : null;
  return html`<div class="picture-field">
    ${coverUrl ? html`<img src=${coverUrl} alt="The cover" width="72" height="72">` : html`<div class="no-picture" aria-hidden="true"></div>`}
    <div class="row">
      <button class="button" type="button" @click=${() => choosePicture(studio, 'cover')}>${coverUrl ? 'Replace' : 'Choose a picture'}</button>
      ${coverUrl ? html`<button class="button plain" type="button" @click=${() => removeCover(studio)}>Remove</button>` : nothing}
    </div>
    ${missing ? isGone(missing) : nothing}
    <p class="hint quiet">${settings.cover.source === 'tags' && coverUrl ? 'From the song’s file.' : 'Square pictures work best. JPEG, PNG or WebP.'}
      ${coverUrl && !studio.look.parameters.properties.centre ? `${studio.look.title} shows it as a background only: choose “Picture” below. Halo has it in the middle.` : ''}</p>
  </div>`;
}

/** @param {Studio} studio */
function background(studio) {
  const {settings, store} = studio;
  const {background: now} = settings;
  const type = (/** @type {string} */ chosen) =>
    store.change('Background', (draft) => {
      const [first, second] = now.colors ?? [now.color ?? '#0d0912', '#1d1230'];
      studio.leftBackgrounds.set(now.type, structuredClone(now));
      draft.background = studio.leftBackgrounds.get(chosen) ?? {
        color: {type: 'color', color: first},
        gradient: {type: 'gradient', colors: [first, second]},
        image: {type: 'image', image: 'cover'},
        transparent: {type: 'transparent'},
      }[chosen];
      fitFormat(draft, settings.output);
      if (chosen !== 'transparent' && now.type === 'transparent') draft.output = {...settings.output, format: 'mp4'};
    });
  const paint = (/** @type {number} */ at) => (/** @type {Event} */ event) => {
    const {value} = /** @type {HTMLInputElement} */ (event.target);
    store.change('Background colour', (draft) => {
      draft.background = now.colors
        ? {type: 'gradient', colors: now.colors.map((each, index) => (index === at ? value : each))}
        : {type: 'color', color: value};
    }, {isHeld: true});
  };
  const colours = now.colors ?? (now.color ? [now.color] : []);
  return html`<fieldset class="control">
      <legend class="only-heard">Kind of background</legend>
      <div class="chips">
        ${BACKGROUNDS.map((each) => html`<label class="chip">
          <input type="radio" name="background" value=${each.type} .checked=${live(now.type === each.type)} @change=${() => type(each.type)}><span>${each.title}</span>
        </label>`)}
      </div>
    </fieldset>
    ${colours.length ? html`<div class="row">
      ${colours.map((colour, at) => html`${colours.length > 1 ? html`<span class="quiet" aria-hidden="true">${at ? 'Bottom' : 'Top'}</span>` : nothing}<input type="color" aria-label=${colours.length > 1 ? `Colour at the ${at ? 'bottom' : 'top'}` : 'Background colour'} .value=${live(colour)} @input=${paint(at)} @change=${() => store.letGo()}>`)}
    </div>` : nothing}
    ${now.type === 'image' ? behind(studio) : nothing}
    ${now.type === 'transparent' ? html`<p class="hint quiet">For editing programs: the video has no background of its own. It is a MOV file (ProRes 4444), at most 5 minutes long${lifts(studio)}.</p>` : nothing}`;
}

/** The picture behind the look: the cover, or one of the visitor's own. @param {Studio} studio */
function behind(studio) {
  const {settings: {background: {image}}, store, engine, pictures} = studio;
  const isOwn = image !== 'cover';
  const url = isOwn ? engine.urls.of(pictures.get(image)) : studio.coverUrl;
  return html`<div class="picture-field" data-takes="background">
    ${url ? html`<img src=${url} alt="The background" width="72" height="72">` : html`<div class="no-picture" aria-hidden="true"></div>`}
    <div class="row">
      <button class="button" type="button" @click=${() => choosePicture(studio, 'background')}>${isOwn ? 'Replace' : 'Choose a picture'}</button>
      ${isOwn ? html`<button class="button plain" type="button" @click=${() => store.change('Background', (draft) => (draft.background = {type: 'image', image: 'cover'}))}>Use the cover</button>` : nothing}
    </div>
    ${isOwn && !url ? isGone(image ?? '') : nothing}
    <p class="hint quiet">${isOwn ? 'It fills the frame behind the look.' : 'The cover, large, soft and dimmed. Or choose a picture of your own.'}</p>
  </div>`;
}

/** @param {string} name */
const isGone = (name) => html`<p class="hint problem"><bdi>${shownName(name) || 'This picture'}</bdi> is not in this browser. Choose it again.</p>`;

/** @param {Studio} studio */
function lifts({plans, planName}) {
  const plan = lockOf(plans, planName, ({formats}) => formats.includes('mov')).lifts;
  return plan ? `, included in ${plan.title}` : '';
}
