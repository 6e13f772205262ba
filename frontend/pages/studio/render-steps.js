// What the render dialog shows at each step.
import {html, nothing} from 'lit';
import {keyed} from 'lit/directives/keyed.js';
import {ApiError} from '../../lib/api.js';
import {PartError} from '../../lib/part.js';
import {money, percent, size} from '../../lib/words.js';
import '../../ui/password-field.js';
import '../../ui/second-factor.js';
import {cutLines} from './cut-line.js';
import {knownOf, liftingPlan, obstacleOf, outputLine, priceLine, rightsLine, shorterSide} from './output.js';
import {shownName} from './own-pictures.js';
import {reloadButton} from './panels/invitation.js';
import {canBuySingle, isStorageFull} from './single-render.js';

/** @typedef {import('./render-dialog.js').RenderDialog} Flow */

/** Pixels of the shorter side from which a video is no small one. */
const FULL_HD = 1080;
/** What is sent in no time needs no figures. */
const SMALL_BYTES = 100_000;

/** @param {Flow} flow */
export function stepOf(flow) {
  const [missing] = flow.studio.missingPictures;
  if (missing) return pictureIsGone(flow, missing);
  if (flow.busy) return html`<p role="status">One moment…</p>`;
  return {register: account, 'sign-in': account, 'second-factor': secondFactor, confirm, summary, upload: uploading, refused}[flow.step](flow);
}

/** @param {Flow} flow */
function account(flow) {
  const isNew = flow.step === 'register';
  return html`<form class="question" novalidate>
    <h2 id="render-title" tabindex="-1">${isNew ? 'Create an account to' : 'Sign in to'} ${flow.wish || flow.purpose}</h2>
    <p class="quiet">${isNew ? flow.purpose === 'save' ? 'Then your song and everything you have shaped are in My videos, on every device.' : 'Your song and everything you have shaped stay here.' : 'Welcome back.'}</p>
    <div class="field">
      <label for="email">Email</label>
      <input class="input" id="email" name="email" type="email" autocomplete="username" maxlength="254" required data-name="Your email address" aria-describedby="email-problem" autofocus
        .value=${flow.studio.typedEmail} @input=${(/** @type {Event} */ event) => (flow.studio.typedEmail = /** @type {HTMLInputElement} */ (event.target).value)}>
      <p class="problem" id="email-problem"></p>
    </div>
    <div class="field">
      <label for="password">Password</label>
      <oriel-password><input class="input" id="password" name="password" type="password" autocomplete=${isNew ? 'new-password' : 'current-password'} minlength=${isNew ? 8 : 1} maxlength="128" required data-name="The password" aria-describedby="password-problem"></oriel-password>
      ${isNew ? html`<p class="hint quiet">At least 8 characters.</p>` : html`<p class="hint"><a href="/reset-password" target="_blank">Forgot your password?</a></p>`}
      <p class="problem" id="password-problem"></p>
    </div>
    <p class="problem" role="alert"></p>
    <button class="button main large wide" type="submit">${isNew ? 'Create account' : 'Sign in'}</button>
    ${isNew ? html`<p class="quiet small">By creating an account you agree to the <a href="/terms" target="_blank">terms</a> and the <a href="/privacy" target="_blank">privacy policy</a>.</p>` : nothing}
    <button class="button plain wide" type="button" @click=${() => flow.show(isNew ? 'sign-in' : 'register')}>${isNew ? 'I have an account' : 'I am new here'}</button>
  </form>`;
}

/** @param {Flow} flow */
function secondFactor(flow) {
  const {methods, options} = /** @type {import('../../lib/session.js').SecondStep} */ (flow.second);
  return html`<oriel-second-factor .titleId=${'render-title'} .heading=${'One more step'} .yes=${'Sign in'} .methods=${methods} .options=${options}
    .send=${(/** @type {object} */ proof) => flow.proveItself(proof)} .back=${() => flow.show('sign-in')}></oriel-second-factor>`;
}

/** @param {Flow} flow */
function confirm(flow) {
  return html`<div class="question">
    <h2 id="render-title" tabindex="-1">Confirm your email address</h2>
    <p>We have sent an email to <strong>${flow.profile?.email}</strong>. Open the link in it and press the button there; this page then goes on by itself.</p>
    ${trouble(flow)}
    <p class="quiet" role="status">${flow.note || 'Waiting for you…'}</p>
    <div class="row end"><a class="quiet" href="/account" target="_blank">Wrong address?</a><button class="button" type="button" @click=${() => flow.sendAgain()}>Send it again</button></div>
  </div>`;
}

/** Nothing is asked before something is saved: only a service that is away is waited for. @param {Flow} flow */
function waitToSave(flow) {
  return html`<div class="question">
    <h2 id="render-title" tabindex="-1">Not saved yet</h2>
    ${trouble(flow)}
    <p class="quiet">Your work is safe in this browser. We save it in My videos as soon as the connection is back.</p>
    <div class="row end"><button class="button" type="button" @click=${() => flow.dialog.close()}>Cancel</button></div>
  </div>`;
}

/** @param {Flow} flow */
function summary(flow) {
  if (flow.purpose === 'save') return waitToSave(flow);
  const {settings, song} = flow.studio;
  const {facts} = flow;
  const obstacle = obstacleOf(facts);
  return html`<div class="question">
    <h2 id="render-title" tabindex="-1">Render this video?</h2>
    <div class="poster" .style=${`aspect-ratio:${settings.output.width}/${settings.output.height}`}>${flow.poster ? html`<img src=${flow.poster} alt="A frame of your video">` : nothing}</div>
    <p>${song ? outputLine(settings, song.durationS, knownOf(facts)) : nothing}</p>
    ${cutLines(flow.studio)}
    ${facts && obstacle ? html`<p class="notice limit" role="status">${obstacle.message} ${priceLine(facts, flow.studio.plans, canBuySingle(flow))} <a href="/pricing" target="_blank">Compare plans</a></p>` : html`<p class="quiet">${facts ? rightsLine(facts) : flow.problem ? nothing : 'One moment…'}</p>`}
    ${sizeOffer(flow)}
    ${trouble(flow)}
    <div class="row end">
      <button class="button" type="button" @click=${() => flow.goBack()}>${obstacle ? 'Change the settings' : 'Not yet'}</button>
      ${offers(flow)}
    </div>
  </div>`;
}

/** A video that is smaller than what is paid for. @param {Flow} flow */
function sizeOffer(flow) {
  const {settings: {output}, plans, planName, single} = flow.studio;
  const own = plans.find(({name}) => name === planName);
  const shorter = shorterSide(output);
  if (!flow.facts || obstacleOf(flow.facts) || !own || !single || shorter >= FULL_HD) return nothing;
  if (own.largest_frame >= FULL_HD) {
    return html`<p class="quiet">${own.title} includes ${FULL_HD}p. <button class="button" type="button" @click=${() => flow.enlarge(FULL_HD)}>Make it ${FULL_HD}p</button></p>`;
  }
  return flow.facts.watermark && canBuySingle(flow) && single.largest_frame > shorter
    ? html`<p class="quiet">A single payment of ${money(flow.facts.single_price_cents, 'usd')} makes it ${sizeOfSingle(flow)}p, without the watermark.</p>`
    : nothing;
}

/**
 * @param {Flow} flow
 * @param {string} name
 */
function pictureIsGone(flow, name) {
  return html`<div class="question">
    <h2 id="render-title" tabindex="-1">A picture is missing</h2>
    <p>These settings use <bdi>${shownName(name) || 'a picture'}</bdi>, which this browser does not have. Choose it again, or choose another one.</p>
    <div class="row end"><button class="button main" type="button" autofocus @click=${() => { flow.studio.tab = 'text'; flow.dialog.close(); }}>Choose the picture</button></div>
  </div>`;
}

/** What can be done about it. @param {Flow} flow */
function offers(flow) {
  const {facts, problem} = flow;
  const isRefused = !facts && problem instanceof ApiError && !problem.isTemporary;
  if (!facts || !obstacleOf(facts)) {
    const noWatermark = withoutWatermark(flow);
    return noWatermark === nothing || !flow.prefersNoWatermark
      ? html`${noWatermark}<button class="button main" type="button" autofocus ?disabled=${isRefused} @click=${() => flow.make()}>Render</button>`
      : html`<button class="button" type="button" @click=${() => flow.make()}>Render with watermark</button>${noWatermark}`;
  }
  const plan = liftingPlan(facts, flow.studio.plans);
  const single = canBuySingle(flow)
    ? html`<button class="button ${plan ? '' : 'main'}" type="button" @click=${() => (flow.profile ? flow.payOnce() : flow.askForAccount('buy this render'))}>Buy this render for ${money(facts.single_price_cents, 'usd')}</button>`
    : nothing;
  return html`${isStorageFull(facts.refusal) ? myVideos : nothing}${single}${plan ? planOffer(flow, plan) : nothing}`;
}

/** The same video without a watermark: by a render that was bought before, or that is bought now. @param {Flow} flow */
function withoutWatermark(flow) {
  const {facts} = flow;
  if (!facts?.watermark || !flow.profile || !canBuySingle(flow)) return nothing;
  const button = `button ${flow.prefersNoWatermark ? 'main' : ''}`;
  const size = sizeOfSingle(flow);
  const order = (/** @type {() => void} */ act) => () => {
    // Nobody should find out later that the larger one would have cost the same.
    if (size) flow.setSize(size);
    act();
  };
  const what = size ? `${size}p, no watermark` : 'No watermark';
  return facts.credits > 0
    ? html`<button class=${button} type="button" @click=${order(() => flow.make('credit'))}>Use your credit: ${size ? what : 'no watermark'}</button>`
    : html`<button class=${button} type="button" @click=${order(() => flow.payOnce())}>${what}, ${money(facts.single_price_cents, 'usd')}</button>`;
}

/**
 * The size that a render which is bought for itself gets, where the chosen one is smaller: the price is the same.
 * @param {Flow} flow
 * @returns {number} pixels of the shorter side; 0 where it stays
 */
function sizeOfSingle({studio: {settings: {output}, single}}) {
  const largest = Math.min(FULL_HD, single?.largest_frame ?? 0);
  return largest > shorterSide(output) ? largest : 0;
}

/** Where something can be deleted; this dialog looks again when its tab is shown. */
const myVideos = html`<a class="button" href="/dashboard" target="_blank">My videos</a>`;

/**
 * @param {Flow} flow
 * @param {import('./service.js').Plan} plan
 */
function planOffer(flow, {name, title}) {
  if (!flow.profile) return html`<button class="button main" type="button" @click=${() => flow.askForAccount(`get ${title}`)}>Get ${title}</button>`;
  // What the rest of a paid month is worth is shown before the change; this dialog waits in its own tab.
  return flow.profile.plan === 'free'
    ? html`<button class="button main" type="button" @click=${() => flow.subscribe(name)}>Get ${title}</button>`
    : html`<a class="button main" href="/billing?plan=${name}" target="_blank">Change to ${title}</a>`;
}

/** @param {Flow} flow */
function uploading(flow) {
  const {bytes, total} = flow.sent;
  const part = total ? bytes / total : 0;
  return html`<div class="question">
    <h2 id="render-title" tabindex="-1">${flow.note}</h2>
    ${keyed(flow.note, meter(flow.note, part))}
    <p class="quiet number" role="status">${total < SMALL_BYTES ? 'Sending…' : part < 1 ? `${size(bytes)} of ${size(total)}, ${percent(part)}` : 'Checking…'}</p>
    ${trouble(flow)}
    <div class="row end"><button class="button" type="button" @click=${() => flow.stopUpload()}>Cancel</button></div>
  </div>`;
}

/**
 * One for each file: the next file's bar starts at its beginning and does not run back from the end.
 * @param {string} name
 * @param {number} part 0..1
 */
function meter(name, part) {
  return html`<div class="meter" role="progressbar" aria-label=${name} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.floor(100 * part)}><span .style=${`transform:scaleX(${part})`}></span></div>`;
}

/** @param {Flow} flow */
function refused(flow) {
  const {problem} = flow;
  if (isStorageFull(problem) && !canBuySingle(flow)) return storageIsFull(flow);
  const lifts = problem instanceof ApiError && problem.status === 402;
  return html`<div class="question">
    <h2 id="render-title" tabindex="-1">${lifts ? 'Your plan does not include this' : 'This did not work'}</h2>
    <p role="alert">${problem?.message}</p>
    <div class="row end">
      <button class="button" type="button" @click=${() => flow.goBack()}>Change the settings</button>
      ${lifts
        ? html`<a class="button plain" href="/pricing" target="_blank">Compare plans</a>
          ${flow.purpose === 'render' && canBuySingle(flow) ? html`<button class="button main" type="button" @click=${() => flow.payOnce()}>Buy this render</button>` : nothing}`
        : problem instanceof PartError
          ? reloadButton(flow.studio, 'main')
          // What is here may be the damaged file itself.
          : problem?.details.is_damaged ? nothing
          : html`<button class="button main" type="button" @click=${() => flow.beginAgain()}>Try again</button>`}
    </div>
  </div>`;
}

/** A payment would not help: the song itself does not fit. @param {Flow} flow */
function storageIsFull(flow) {
  return html`<div class="question">
    <h2 id="render-title" tabindex="-1">Your storage is full</h2>
    <p role="alert">${flow.problem?.message}</p>
    <div class="row end">
      <a class="button plain" href="/pricing" target="_blank">Compare plans</a>
      ${myVideos}
      <button class="button main" type="button" @click=${() => flow.beginAgain()}>Try again</button>
    </div>
  </div>`;
}

/** @param {Flow} flow */
function trouble(flow) {
  return flow.problem ? html`<p class="notice problem" role="status">${flow.problem.message}</p>` : nothing;
}
