// The second factors of an account: which there are, and buttons to add and remove them.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {addressTrouble, knowsPasskeys} from '../../lib/passkeys.js';
import {date, isolated, moment} from '../../lib/words.js';
import {ask, askName} from '../../ui/dialog.js';
import {withSecondFactor} from '../../ui/step-up.js';
import {toast} from '../../ui/toast.js';
import {addPasskey, setUpApp, showCodes} from './setup-dialog.js';

/** @typedef {import('../../lib/api-schema.js').components['schemas']} Schemas */

const ALL_CODES = 10;

export class SecondFactors extends LitElement {
  static properties = {factors: {attribute: false}, busy: {state: true}};

  constructor() {
    super();
    /** @type {Schemas['SecondFactorOut'] | null} */
    this.factors = null;
    /** @type {() => Promise<void>} shows what has changed, in the log too */
    this.reload = async () => {};
    this.busy = false;
  }

  createRenderRoot() {
    return this;
  }

  /** @param {() => Promise<unknown>} act */
  async attempt(act) {
    this.busy = true;
    try {
      await act();
      await this.reload();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    } finally {
      this.busy = false;
    }
  }

  get isFirst() {
    return !this.factors?.enabled;
  }

  /** What goes with the last one. */
  get farewell() {
    const count = (this.factors?.app ? 1 : 0) + (this.factors?.passkeys.length ?? 0);
    return count > 1 ? 'Your other second factors stay.' : 'From then on your password alone opens your account, and your recovery codes end.';
  }

  async removeApp() {
    const sure = await ask({title: 'Remove the authenticator app?', text: this.farewell, yes: 'Remove it', no: 'Keep it', danger: true});
    if (sure) await this.attempt(() => withSecondFactor(() => said(api.DELETE('/api/user/second-factor/totp'))));
  }

  /** @param {Schemas['PasskeyOut']} passkey */
  async removePasskey({id, name}) {
    const sure = await ask({title: `Remove “${isolated(name)}”?`, text: this.farewell, yes: 'Remove it', no: 'Keep it', danger: true});
    if (!sure) return;
    const params = {path: {passkey_id: id}};
    await this.attempt(() => withSecondFactor(() => said(api.DELETE('/api/user/second-factor/passkeys/{passkey_id}', {params}))));
  }

  /** @param {Schemas['PasskeyOut']} passkey */
  async rename({id, name: value}) {
    const name = await askName({title: 'Rename the passkey', label: 'Name', value, yes: 'Rename', longest: 80});
    if (!name) return;
    const params = {path: {passkey_id: id}};
    await this.attempt(() => said(api.PATCH('/api/user/second-factor/passkeys/{passkey_id}', {params, body: {name}})));
  }

  async renewCodes() {
    const sure = await ask({title: 'Make new recovery codes?', text: 'The ones that you have kept stop working.', yes: 'Make new ones', no: 'Keep the old ones'});
    if (!sure) return;
    await this.attempt(async () => {
      const {recovery_codes: codes} = await withSecondFactor(() => said(api.POST('/api/user/second-factor/recovery-codes')));
      await showCodes(codes ?? []);
    });
  }

  render() {
    const {factors, isFirst} = this;
    if (!factors) return nothing;
    const {app, passkeys} = factors;
    const trouble = addressTrouble(location);
    return html`<h3 id="second-factor">Second factor</h3>
      <p class="quiet">${isFirst ? 'Protect your account even if someone learns your password: after it, we ask for a code from your phone or for a passkey.' : 'We ask for one of these after your password, and before important changes.'}</p>
      ${isFirst ? nothing : html`<ul class="rows">${app ? this.appRow(app) : nothing}${passkeys.map((each) => this.passkeyRow(each))}${this.codesRow(factors)}</ul>`}
      <div class="row">
        ${app ? nothing : html`<button class="button" type="button" ?disabled=${this.busy} @click=${() => this.attempt(() => setUpApp({isFirst}))}>Set up an authenticator app</button>`}
        ${knowsPasskeys() && !trouble ? html`<button class="button" type="button" ?disabled=${this.busy} @click=${() => this.attempt(() => addPasskey({isFirst}))}>Add a passkey</button>` : nothing}
      </div>
      ${trouble ? html`<p class="quiet">${trouble.sentence}${trouble.url ? html` Add one at <a href=${`${trouble.url}#second-factor`}>${trouble.url}</a>.` : nothing}</p>` : nothing}`;
  }

  /** @param {Schemas['AppOut']} app */
  appRow({confirmed_at: since}) {
    return html`<li><span><strong>Authenticator app</strong><br><span class="quiet">Set up ${date(since)}</span></span>
      <button class="button danger" type="button" ?disabled=${this.busy} @click=${this.removeApp} aria-label="Remove the authenticator app">Remove</button></li>`;
  }

  /** @param {Schemas['PasskeyOut']} passkey */
  passkeyRow(passkey) {
    const {name, created_at: since, last_used_at: used} = passkey;
    return html`<li><span><strong><bdi>${name}</bdi></strong> <span class="mark">Passkey</span><br>
        <span class="quiet">Added ${date(since)} · ${used ? `last used ${moment(used)}` : 'never used'}</span></span>
      <span class="row end"><button class="button plain" type="button" ?disabled=${this.busy} @click=${() => this.rename(passkey)} aria-label=${`Rename ${name}`}>Rename</button>
        <button class="button danger" type="button" ?disabled=${this.busy} @click=${() => this.removePasskey(passkey)} aria-label=${`Remove ${name}`}>Remove</button></span></li>`;
  }

  /** @param {Schemas['SecondFactorOut']} factors */
  codesRow({recovery_codes_left: left}) {
    return html`<li><span><strong>Recovery codes</strong><br>
        <span class=${left > 3 ? 'quiet' : 'problem'}>${left ? `${left} of ${ALL_CODES} left` : 'None left: make new ones, in case you lose the others.'}</span></span>
      <button class="button" type="button" ?disabled=${this.busy} @click=${this.renewCodes}>Make new ones</button></li>`;
  }
}

customElements.define('oriel-second-factors', SecondFactors);
