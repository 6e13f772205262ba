// The form that asks for a second factor: a code, a passkey or a recovery code. At sign-in, and before changes.
import {LitElement, html, nothing} from 'lit';
import {knowsPasskeys, usePasskey} from '../lib/passkeys.js';
import {clearProblems, onSubmit} from './form.js';

/**
 * @typedef {'code' | 'passkey' | 'recovery_code'} Method
 * @typedef {Partial<Record<Method, any>>} Proof
 */

/** What is said of each method: in the text, and on the button that chooses it. */
const WORDS = /** @type {const} */ ({
  passkey: ['Use your passkey: your browser asks for it.', 'Use a passkey'],
  code: ['Enter the code that your authenticator app shows.', 'Use a code from your app'],
  recovery_code: ['Enter one of your recovery codes. Each works once.', 'Use a recovery code'],
});

export class SecondFactor extends LitElement {
  static properties = {methods: {attribute: false}, method: {state: true}};

  constructor() {
    super();
    /** @type {Method[]} */
    this.methods = [];
    /** @type {Method | null} */
    this.method = null;
    this.heading = 'Confirm that it is you';
    // By which the dialog around it is named; without one it is the page's own heading.
    this.titleId = 'factor-title';
    this.isPage = false;
    this.yes = 'Continue';
    /** @type {(proof: Proof) => Promise<void>} */
    this.send = async () => {};
    /** @type {() => Promise<Record<string, unknown>>} what the browser needs to use a passkey */
    this.options = async () => ({});
    /** @type {(() => void) | null} */
    this.back = null;
  }

  createRenderRoot() {
    return this;
  }

  /** The methods that this browser can use, the quickest one first. */
  get usable() {
    return /** @type {Method[]} */ (Object.keys(WORDS)).filter((name) => this.methods.includes(name) && (name !== 'passkey' || knowsPasskeys()));
  }

  /** @param {Method} method */
  choose(method) {
    const form = this.querySelector('form');
    if (form) clearProblems(form);
    this.method = method;
  }

  willUpdate() {
    this.method ??= this.usable[0] ?? null;
  }

  /** @param {import('lit').PropertyValues} changed */
  updated(changed) {
    const form = /** @type {HTMLFormElement} */ (this.querySelector('form'));
    if (!form.dataset.ready) {
      form.dataset.ready = 'yes';
      onSubmit(form, (values) => this.submit(values));
    }
    if (changed.has('method')) /** @type {HTMLElement | null} */ (form.querySelector('input, button'))?.focus();
  }

  /** @param {Record<string, string>} values */
  async submit(values) {
    if (this.method === 'passkey') await this.send({passkey: await usePasskey(await this.options())});
    else await this.send(values);
  }

  render() {
    const {method} = this;
    if (!method) return html`<form class="question">${this.headline()}<p>This browser cannot use your passkey. Please use another one.</p><p class="problem" role="alert"></p><div class="row end">${this.leave()}<button type="submit" hidden></button></div></form>`;
    return html`<form class="question" novalidate>
      ${this.headline()}
      <p class="quiet">${WORDS[method][0]}</p>
      ${method === 'code' ? codeField('factor-code') : nothing}
      ${method === 'recovery_code' ? recoveryField() : nothing}
      <p class="problem" role="alert"></p>
      <button class="button main large wide" type="submit">${method === 'passkey' ? 'Use your passkey' : this.yes}</button>
      <div class="ways">${this.usable.filter((name) => name !== method).map((name) => html`<button class="button plain" type="button" @click=${() => this.choose(name)}>${WORDS[name][1]}</button>`)}
        ${this.leave()}</div>
    </form>`;
  }

  headline() {
    return this.isPage ? html`<h1 id=${this.titleId}>${this.heading}</h1>` : html`<h2 id=${this.titleId}>${this.heading}</h2>`;
  }

  leave() {
    return this.back ? html`<button class="button plain" type="button" @click=${this.back}>Go back</button>` : nothing;
  }
}

/**
 * A field for six digits, which phones and password managers fill in.
 * @param {string} id
 */
export function codeField(id) {
  return html`<div class="field"><label for=${id}>Code</label>
    <input class="input code" id=${id} name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="7" pattern="[0-9]{3} ?[0-9]{3}" required
      data-name="The code" data-shape="Enter the six digits that your app shows." aria-describedby=${`${id}-problem`}>
    <p class="problem" id=${`${id}-problem`}></p></div>`;
}

function recoveryField() {
  return html`<div class="field"><label for="factor-recovery">Recovery code</label>
    <input class="input code" id="factor-recovery" name="recovery_code" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="60" pattern="[A-Za-z0-9 \\-]{16,60}" required
      data-name="The recovery code" data-shape="A recovery code has 24 letters and digits." aria-describedby="factor-recovery-problem">
    <p class="problem" id="factor-recovery-problem"></p></div>`;
}

customElements.define('oriel-second-factor', SecondFactor);
