// A customer's account: profile, security, keys for programs, and what happened.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {date, moment} from '../../lib/words.js';
import {ask} from '../../ui/dialog.js';
import {onSubmit} from '../../ui/form.js';
import {signOut} from '../../ui/sign-out.js';
import {signedIn} from '../../ui/signed-in.js';
import {withSecondFactor} from '../../ui/step-up.js';
import {toast} from '../../ui/toast.js';
import {deviceOf} from './device.js';
import './activity-log.js';
import {copy, field, passwordField} from './fields.js';
import './second-factors.js';

/**
 * @typedef {import('../../lib/api-schema.js').components['schemas']} Schemas
 */

const PER_PAGE = 50;
/** @type {Record<'read' | 'render', ('read' | 'render')[]>} */
const SCOPES = {read: ['read'], render: ['read', 'render']};
const PERMISSIONS = /** @type {const} */ ({render: 'Upload, render and download', read: 'View and download only'});
const SECTIONS = /** @type {const} */ ([['profile', 'Profile'], ['security', 'Security'], ['keys', 'API keys'], ['notifications', 'Notifications'], ['activity', 'Activity'], ['data', 'Your data'], ['delete', 'Delete account']]);

export class Account extends LitElement {
  static properties = {
    profile: {state: true}, sessions: {state: true}, factors: {state: true}, keys: {state: true}, newKey: {state: true}, trouble: {state: true}, busy: {state: true},
  };

  constructor() {
    super();
    /** @type {Schemas['ProfileOut'] | null} */
    this.profile = null;
    /** @type {Schemas['SessionOut'][] | null} */
    this.sessions = null;
    /** @type {Schemas['SecondFactorOut'] | null} */
    this.factors = null;
    /** @type {Schemas['KeyOut'][] | null} */
    this.keys = null;
    /** @type {Schemas['KeyMadeOut'] | null} shown once */
    this.newKey = null;
    /** @type {ApiError | null} */
    this.trouble = null;
    this.busy = false;
  }

  createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  async connectedCallback() {
    super.connectedCallback();
    if (!(await signedIn())) return;
    // The link in an email is opened in another tab.
    document.addEventListener('visibilitychange', this.lookAgain);
    await this.load();
    // The section in the address is there only now.
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.lookAgain);
  }

  lookAgain = () => {
    if (document.visibilityState === 'visible' && this.profile?.pending_email) void this.load();
  };

  async load() {
    const query = {per_page: PER_PAGE};
    try {
      const [profile, sessions, factors, keys] = await Promise.all([
        said(api.GET('/api/user/profile')), said(api.GET('/api/user/sessions', {params: {query}})),
        said(api.GET('/api/user/second-factor')),
        said(api.GET('/api/user/keys', {params: {query}})),
      ]);
      // A key that has ended meanwhile is not to be copied any more.
      const newKey = keys.items.some(({id}) => id === this.newKey?.id) ? this.newKey : null;
      Object.assign(this, {profile, sessions: sessions.items, factors, keys: keys.items, newKey, trouble: null});
      await this.updateComplete;
      await /** @type {import('./activity-log.js').ActivityLog | null} */ (this.querySelector('oriel-activity-log'))?.load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.trouble = error;
    }
  }

  updated() {
    for (const form of this.querySelectorAll('form')) {
      if (form.dataset.ready) continue;
      form.dataset.ready = 'yes';
      onSubmit(form, (values) => this.send(form, values));
    }
  }

  /**
   * @param {HTMLFormElement} form
   * @param {Record<string, string>} values
   */
  async send(form, values) {
    const {name = '', email = '', password = '', current_password: current = ''} = values;
    const nothingElse = {name: null, email: null, password: null, current_password: null};
    if (form.id === 'new-key') {
      const body = {name, current_password: current, scopes: SCOPES[values.may === 'read' ? 'read' : 'render']};
      this.newKey = await withSecondFactor(() => said(api.POST('/api/user/keys', {body})));
    } else {
      const change = {
        'change-name': {name}, 'change-email': {email, current_password: current}, 'change-password': {password, current_password: current},
      }[form.id];
      this.profile = await withSecondFactor(() => said(api.PUT('/api/user/profile', {body: {...nothingElse, ...change}})));
      toast(
        form.id === 'change-email' ? `We have sent an email to ${email}. Open the link in it to confirm your new address.`
        : form.id === 'change-password' ? 'Your password is changed. You are signed out everywhere else, and your API keys have ended.' : 'Saved.',
      );
    }
    if (form.id !== 'change-name') form.reset();
    form.closest('details')?.removeAttribute('open');
    await this.load();
  }

  /** @param {() => Promise<unknown>} act */
  async attempt(act) {
    this.busy = true;
    try {
      await act();
      await this.load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    } finally {
      this.busy = false;
    }
  }

  sendAgain() {
    return this.attempt(async () => toast((await said(api.POST('/api/auth/verify-email/send'))).message));
  }

  /** @param {string} id */
  endSession(id) {
    return this.attempt(() => said(api.DELETE('/api/user/sessions/{session_id}', {params: {path: {session_id: id}}})));
  }

  endOthers() {
    return this.attempt(() => said(api.DELETE('/api/user/sessions')));
  }

  /** @param {Schemas['KeyOut']} key */
  async revoke({id, name}) {
    const sure = await ask({title: `Revoke “${name}”?`, text: 'Programs that use this key stop working at once. This cannot be undone.', yes: 'Revoke the key', no: 'Keep it', danger: true});
    if (sure) await this.attempt(() => said(api.DELETE('/api/user/keys/{key_id}', {params: {path: {key_id: id}}})));
  }

  render() {
    const {profile, trouble} = this;
    if (trouble && !profile) {
      return html`<h1>Account</h1><div class="empty" role="alert"><p>${trouble.message}</p><button class="button" type="button" @click=${() => void this.load()}>Try again</button></div>`;
    }
    if (!profile) return html`<h1>Account</h1>${SECTIONS.map(() => html`<div class="skeleton part"></div>`)}`;
    return html`<div class="row head"><h1>Account</h1><button class="button" type="button" @click=${() => void signOut()}>Sign out</button></div>
      <nav class="parts" aria-label="Sections">${SECTIONS.map(([id, title]) => html`<a href="#${id}">${title}</a>`)}<a href="/billing">Plan and billing</a></nav>
      ${this.about(profile)}${this.security()}${this.programs()}<oriel-notifications></oriel-notifications>${this.log()}
      <oriel-your-data></oriel-your-data><oriel-delete-account></oriel-delete-account>`;
  }

  /** @param {Schemas['ProfileOut']} profile */
  about({name, email, pending_email: pending, email_verified: isConfirmed}) {
    return html`<section class="card part" aria-labelledby="profile"><h2 id="profile">Profile</h2>
      <oriel-avatar-field></oriel-avatar-field>
      <form class="line-form" id="change-name" novalidate>
        <div class="field"><label for="name">Name</label>
          <input class="input" id="name" name="name" dir="auto" autocomplete="name" maxlength="120" .value=${name} aria-describedby="name-problem">
          <p class="problem" id="name-problem"></p></div>
        <p class="problem" role="alert"></p>
        <button class="button" type="submit">Save</button>
      </form>
      <p><span class="label">Email</span><br>${email} ${isConfirmed ? nothing : html`<span class="problem">not confirmed</span>`}${isConfirmed || pending ? nothing : html`
          <button class="button" type="button" @click=${() => this.sendAgain()}>Send the email again</button>`}
        ${pending ? html`<br><span class="quiet">Waiting for you to confirm ${pending}.</span>
          <button class="button" type="button" @click=${() => this.sendAgain()}>Send the email again</button>` : nothing}</p>
      <details class="more"><summary>Change the email address</summary>
        <form class="question" id="change-email" novalidate>
          ${field('new-email', 'email', 'New email address', {type: 'email', autocomplete: 'email', named: 'Your email address'})}
          ${passwordField('email')}
          <p class="problem" role="alert"></p>
          <button class="button main" type="submit">Send the confirmation</button>
        </form></details>
    </section>`;
  }

  security() {
    const others = (this.sessions ?? []).filter(({current: isThis}) => !isThis);
    return html`<section class="card part" aria-labelledby="security"><h2 id="security">Security</h2>
      <details class="more"><summary>Change the password</summary>
        <form class="question" id="change-password" novalidate>
          <input class="only-heard" type="email" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" .value=${this.profile?.email ?? ''}>
          ${passwordField('password')}
          ${field('new-password', 'password', 'New password', {type: 'password', autocomplete: 'new-password', named: 'The new password', hint: 'At least 8 characters. You are signed out everywhere else, and your API keys end.'})}
          <p class="problem" role="alert"></p>
          <button class="button main" type="submit">Change the password</button>
        </form></details>
      <oriel-second-factors .factors=${this.factors} .reload=${() => this.load()}></oriel-second-factors>
      <h3>Where you are signed in</h3>
      <ul class="rows">${(this.sessions ?? []).map((each) => html`<li>
        <span><strong>${deviceOf(each.user_agent)}</strong>${each.current ? html` <span class="mark">This one</span>` : nothing}<br>
          <span class="quiet">Last used ${moment(each.last_used_at)} · ${each.address}</span></span>
        ${each.current
          ? html`<button class="button plain" type="button" @click=${() => void signOut()}>Sign out</button>`
          : html`<button class="button" type="button" ?disabled=${this.busy} @click=${() => this.endSession(each.id)} aria-label=${`Sign out ${deviceOf(each.user_agent)}`}>Sign out</button>`}
      </li>`)}</ul>
      ${others.length > 1 ? html`<button class="button" type="button" ?disabled=${this.busy} @click=${this.endOthers}>Sign out everywhere else</button>` : nothing}
    </section>`;
  }

  programs() {
    const {keys, newKey} = this;
    return html`<section class="card part" aria-labelledby="keys"><h2 id="keys">API keys</h2>
      <p class="quiet">For programs that upload and render in your name. <a href="/api/docs">How to use them</a></p>
      ${newKey ? html`<div class="notice" role="status">
        <p>Copy the key “<bdi>${newKey.name}</bdi>” now: we do not show it again.</p>
        <p class="row"><code class="secret">${newKey.secret}</code>
          <button class="button" type="button" @click=${() => void copy(newKey.secret, 'The key')}>Copy</button>
          <button class="button plain" type="button" @click=${() => (this.newKey = null)}>Done</button></p>
      </div>` : nothing}
      ${keys?.length
        ? html`<ul class="rows">${keys.map((key) => html`<li>
            <span><strong><bdi>${key.name}</bdi></strong> <code>${key.prefix}…</code><br>
              <span class="quiet">${PERMISSIONS[key.scopes.includes('render') ? 'render' : 'read']} · made ${date(key.created_at)} · ${key.last_used_at ? `last used ${moment(key.last_used_at)}` : 'never used'}</span></span>
            <button class="button danger" type="button" ?disabled=${this.busy} @click=${() => this.revoke(key)} aria-label=${`Revoke ${key.name}`}>Revoke</button>
          </li>`)}</ul>`
        : html`<p>No key yet.</p>`}
      <details class="more"><summary>Make a key</summary>
        <form class="question" id="new-key" novalidate>
          ${field('key-name', 'name', 'Name', {type: 'text', autocomplete: 'off', named: 'The name', hint: 'Such as the program that will use it.'})}
          <div class="field"><label for="key-may">Permissions</label>
            <select class="input" id="key-may" name="may">${Object.entries(PERMISSIONS).map(([value, title]) => html`<option value=${value}>${title}</option>`)}</select></div>
          ${passwordField('key')}
          <p class="problem" role="alert"></p>
          <button class="button main" type="submit">Make the key</button>
        </form></details>
    </section>`;
  }

  log() {
    return html`<section class="card part" aria-labelledby="activity"><h2 id="activity">Activity</h2><oriel-activity-log></oriel-activity-log></section>`;
  }
}
