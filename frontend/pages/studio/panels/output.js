// Shape, size, frame rate, format and quality, with what the plan does not include shown and what lifts it.
import {html, nothing} from 'lit';
import {live} from 'lit/directives/live.js';
import {cutLines} from '../cut-line.js';
import {FORMATS, QUALITIES, RATES, SHAPES, SIZES, frameOf, knownOf, lockOf, obstacleOf, outputLine, rightsLine, shapeOf, shorterSide} from '../output.js';
import {money} from '../../../lib/words.js';
import {openRenderDialog} from '../render-dialog.js';
import {downloadSettings, openSettings, share} from '../sharing.js';
import {partPanel} from './part.js';

/**
 * @typedef {import('../studio.js').Studio} Studio
 * @typedef {import('../output.js').Plan} Plan
 */

/** @param {Studio} studio */
export function outputPanel(studio) {
  const {settings, store} = studio;
  const {output} = settings;
  const shape = shapeOf(output) ?? SHAPES[0];
  const set = (/** @type {string} */ label, /** @type {Partial<typeof output>} */ values) =>
    store.change(label, (draft) => (draft.output = {...output, ...values}));
  return html`
    <div class="notice ${studio.song ? 'outcome' : ''}" role="status">
      <p>${studio.song ? outputLine(settings, studio.song.durationS, knownOf(studio.facts)) : 'Choose a song to see what will come out.'}</p>
      ${studio.song && studio.facts ? html`<p class="quiet">${obstacleOf(studio.facts)?.message ?? rightsLine(studio.facts)}</p>` : nothing}
      ${studio.song ? cutLines(studio) : nothing}
    </div>
    <h2>Shape</h2>
    <div class="shapes" role="group" aria-label="Shape">
      ${SHAPES.map((each) => html`<button class="shape" type="button" aria-pressed=${each === shape}
          @click=${() => set(`Shape ${each.name}`, frameOf(each, shorterSide(output)))}>
        <i aria-hidden="true" .style=${`aspect-ratio:${each.wide}/${each.tall};${each.wide >= each.tall ? 'width:34px' : 'height:34px'}`}></i>
        <span><strong>${each.name}</strong> <span class="quiet">${each.use}</span></span>
      </button>`)}
    </div>
    ${partPanel(studio)}
    ${choices(studio, 'Size', SIZES.map(({pixels, title}) => ({
      title, chosen: shorterSide(output) === pixels, allows: (plan) => plan.largest_frame >= pixels,
      take: () => set(`Size ${title}`, frameOf(shape, pixels)),
    })))}
    ${choices(studio, 'Frames a second', RATES.map((fps) => ({
      title: String(fps), chosen: output.fps === fps, allows: (plan) => plan.frame_rates.includes(fps),
      take: () => set(`${fps} frames a second`, {fps: /** @type {24 | 30 | 60} */ (fps)}),
    })))}
    ${choices(studio, 'Format', FORMATS.map(({name, title, use}) => ({
      title, use, chosen: output.format === name, allows: (plan) => plan.formats.includes(name),
      take: () => store.change(`Format ${title}`, (draft) => {
        draft.output = {...output, format: name};
        // Only MOV can be transparent: with another format, the look's own background comes back.
        if (name !== 'mov' && settings.background.type === 'transparent') delete draft.background;
      }),
    })))}
    ${choices(studio, 'Quality', QUALITIES.map(({name, title}) => ({
      title, chosen: output.quality === name, allows: () => true, take: () => set(`Quality ${title}`, {quality: name}),
    })))}
    <label class="check"><input type="checkbox" role="switch" .checked=${live(studio.showsGuides)} @change=${() => studio.toggleGuides()}> Show what apps cover</label>
    <section class="group" aria-labelledby="look-link">
      <h3 id="look-link">Link to this look</h3>
      <p class="hint quiet">Opens the studio with this look, text and shape, for any song. Pictures of your own stay here.</p>
      <div class="row"><button class="button" type="button" @click=${() => share(studio)}>Copy a link to this look</button></div>
    </section>
    <section class="group" aria-labelledby="settings-file">
      <h3 id="settings-file">Settings file</h3>
      <p class="hint quiet">Everything you have set, without the song and your pictures, as a JSON file.</p>
      <div class="row">
        <button class="button" type="button" @click=${() => downloadSettings(studio)}>Save a settings file</button>
        <button class="button" type="button" @click=${() => openSettings(studio)}>Open a settings file</button>
      </div>
    </section>
  `;
}

/**
 * @typedef {object} Option
 * @property {string} title
 * @property {string} [use]
 * @property {boolean} chosen
 * @property {(plan: Plan) => boolean} allows
 * @property {() => void} take
 *
 * @param {Studio} studio
 * @param {string} title
 * @param {Option[]} options
 */
function choices(studio, title, options) {
  const {plans, planName, facts} = studio;
  const locks = options.map(({allows}) => lockOf(plans, planName, allows));
  const lifting = options.map((option, at) => (option.chosen && !locks[at]?.allowed ? locks[at]?.lifts : null)).find(Boolean);
  return html`<fieldset class="control">
    <legend>${title}</legend>
    <div class="chips">
      ${options.map((option, at) => {
        const lock = locks[at];
        const note = lock?.allowed ? option.use : lock?.lifts ? `With ${lock.lifts.title}` : 'Not available';
        return html`<label class="chip ${lock?.allowed ? '' : 'locked'}" title=${note ?? ''}>
          <input type="radio" name=${title} .checked=${live(option.chosen)} @change=${option.take}>
          <span>${option.title}${lock?.allowed ? nothing : html`<svg viewBox="0 0 16 16" width="12" height="12" role="img" aria-label=${note ?? ''}><path d="M5 7V5a3 3 0 0 1 6 0v2m-7 0h8v6H4z" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>`}</span>
        </label>`;
      })}
    </div>
    ${lifting ? html`<p class="hint">Included in ${lifting.title}, ${money(lifting.price_cents, 'usd')} a month${facts?.allows_single ? `, or in this one video for ${money(facts.single_price_cents, 'usd')}` : ''}. <a href="/pricing" target="_blank">Compare plans</a></p>
      ${studio.song ? html`<button class="button" type="button" @click=${() => openRenderDialog(studio)}>Get ${lifting.title}</button>` : nothing}` : nothing}
  </fieldset>`;
}
