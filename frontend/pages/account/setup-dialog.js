// Adds a second factor: the password where it is the first one, then the app's code or the browser's passkey, then recovery codes.
import {LitElement, html, nothing} from 'lit';
import {api, said} from '../../lib/api.js';
import {makePasskey} from '../../lib/passkeys.js';
import {onSubmit} from '../../ui/form.js';
import {codeField} from '../../ui/second-factor.js';
import {withSecondFactor} from '../../ui/step-up.js';
import {copy, field, passwordField} from './fields.js';

/**
 * @typedef {import('../../lib/api-schema.js').components['schemas']} Schemas
 * @typedef {'password' | 'scan' | 'passkey' | 'codes'} Step
 */

const TITLES = /** @type {const} */ ({password: 'Set up an authenticator app', scan: 'Set up an authenticator app', passkey: 'Add a passkey', codes: 'Keep your recovery codes'});

/**
 * Set up an authenticator app; resolves when the dialog is closed.
 * @param {{isFirst: boolean}} about
 * @throws {import('../../lib/api.js').ApiError} where a second factor is needed and was not shown
 */
export async function setUpApp({isFirst}) {
  if (isFirst) return open({step: 'password', isFirst});
  const setup = await withSecondFactor(() => said(api.POST('/api/user/second-factor/totp', {body: {current_password: null}})));
  return open({step: 'scan', setup});
}

/** @param {{isFirst: boolean}} about */
export const addPasskey = ({isFirst}) => open({step: 'passkey', isFirst});

/** @param {string[]} codes */
export const showCodes = (codes) => open({step: 'codes', codes});

/**
 * @param {Partial<SetupDialog>} about
 * @returns {Promise<void>}
 */
function open(about) {
  return new Promise((closed) => {
    const dialog = Object.assign(new SetupDialog(), about, {closed});
    document.body.append(dialog);
  });
}

class SetupDialog extends LitElement {
  static properties = {step: {state: true}};

  constructor() {
    super();
    /** @type {Step} */
    this.step = 'password';
    this.isFirst = false;
    /** @type {Schemas['SetupOut'] | null} */
    this.setup = null;
    /** @type {string[]} */
    this.codes = [];
    this.closed = () => {};
  }

  createRenderRoot() {
    return this;
  }

  get dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
  }

  firstUpdated() {
    this.dialog.addEventListener('close', () => {
      this.remove();
      this.closed();
    });
    // Codes that are shown once must not go with a key that somebody pressed by mistake.
    this.dialog.addEventListener('cancel', (event) => this.step === 'codes' && event.preventDefault());
    this.dialog.showModal();
  }

  /** @param {import('lit').PropertyValues} changed */
  updated(changed) {
    const form = this.querySelector('form');
    if (form && !form.dataset.ready) {
      form.dataset.ready = 'yes';
      onSubmit(form, (values) => this.send(values));
    }
    if (changed.has('step')) /** @type {HTMLElement | null} */ (this.querySelector('input') ?? this.querySelector('h2'))?.focus();
  }

  /** @param {Record<string, string>} values */
  async send(values) {
    const password = values.current_password ?? null;
    if (this.step === 'password') {
      this.setup = await said(api.POST('/api/user/second-factor/totp', {body: {current_password: password}}));
      this.step = 'scan';
    } else if (this.step === 'scan') {
      const {recovery_codes: codes} = await said(api.POST('/api/user/second-factor/totp/confirm', {body: {code: values.code ?? ''}}));
      this.finish(codes);
    } else {
      const {options} = await withSecondFactor(() => said(api.POST('/api/user/second-factor/passkeys/options', {body: {current_password: password}})));
      const credential = await makePasskey(options);
      const {recovery_codes: codes} = await said(api.POST('/api/user/second-factor/passkeys', {body: {name: values.name ?? '', credential}}));
      this.finish(codes);
    }
  }

  /** @param {string[] | null | undefined} codes */
  finish(codes) {
    if (!codes) this.dialog.close();
    else Object.assign(this, {codes, step: 'codes'});
  }

  render() {
    return html`<dialog class="dialog" aria-labelledby="setup-title">
      ${this.step === 'codes' ? this.keep() : html`<form class="question" novalidate>
        <h2 id="setup-title" tabindex="-1">${TITLES[this.step]}</h2>
        ${{password: () => this.password(), scan: () => this.scan(), passkey: () => this.passkey()}[this.step]()}
        <p class="problem" role="alert"></p>
        <div class="row end">
          <button class="button" type="button" @click=${() => this.dialog.close()}>Cancel</button>
          <button class="button main" type="submit">${{password: 'Continue', scan: 'Switch it on', passkey: 'Add the passkey'}[this.step]}</button>
        </div>
      </form>`}
    </dialog>`;
  }

  password() {
    return html`<p class="quiet">The app on your phone shows a new code every 30 seconds. We ask for it when you sign in.</p>${passwordField('setup')}`;
  }

  scan() {
    const {secret = '', uri = '', qr_svg: picture = ''} = this.setup ?? {};
    // Nobody can scan the screen of the phone that they hold.
    const isPhone = matchMedia('(pointer: coarse)').matches;
    return html`<p>${isPhone ? html`<a href=${uri}>Open your authenticator app</a>, or scan this with another device.` : 'Scan this with your authenticator app.'} Then enter the code that it shows.</p>
      <img class="qr" width="200" height="200" alt="QR code for your authenticator app" src=${`data:image/svg+xml,${encodeURIComponent(picture)}`}>
      <details class="more"><summary>Can’t scan it?</summary>
        <p>Enter this key in your app, or <a href=${uri}>open it in an app on this device</a>.</p>
        <p class="row"><code class="secret">${secret.replace(/(.{4})(?=.)/g, '$1 ')}</code><button class="button" type="button" @click=${() => void copy(secret, 'The key')}>Copy</button></p></details>
      ${codeField('setup-code')}`;
  }

  passkey() {
    return html`<p class="quiet">Your phone, your computer or a security key: your browser asks which one you want to use.</p>
      ${field('passkey-name', 'name', 'Name', {type: 'text', autocomplete: 'off', named: 'The name', hint: 'Such as “My phone”, so that you recognise it.', longest: 80})}
      ${this.isFirst ? passwordField('setup') : nothing}`;
  }

  keep() {
    const text = `${this.codes.join('\n')}\n`;
    return html`<div class="question"><h2 id="setup-title" tabindex="-1">${TITLES.codes}</h2>
      <p>If you lose your phone or passkey, each of these codes lets you in once. Keep them where you keep your passwords: we do not show them again.</p>
      <ul class="codes">${this.codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
      <div class="row"><button class="button" type="button" @click=${() => void copy(text, 'Your codes')}>Copy</button>
        <a class="button" download="oriel-recovery-codes.txt" href=${`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}>Download</a></div>
      <div class="row end"><button class="button main" type="button" @click=${() => this.dialog.close()}>I have saved them</button></div></div>`;
  }
}

customElements.define('oriel-setup-dialog', SetupDialog);
