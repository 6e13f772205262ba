// The end of an account: asked for with the password, a week before it happens.
import {LitElement, html, nothing} from 'lit';
import {api, said} from '../../lib/api.js';
import {session} from '../../lib/session.js';
import {date} from '../../lib/words.js';
import {hasPaidPlan, keepAccount} from '../../ui/deletion-notice.js';
import {onSubmit} from '../../ui/form.js';
import {withSecondFactor} from '../../ui/step-up.js';
import {passwordField} from './fields.js';

export class DeleteAccount extends LitElement {
  static properties = {due: {state: true}};

  constructor() {
    super();
    /** @type {string | null} when the account will be deleted */
    this.due = session.user?.deletion_due_at ?? null;
    this.learn = () => (this.due = session.user?.deletion_due_at ?? null);
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    session.addEventListener('change', this.learn);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    session.removeEventListener('change', this.learn);
  }

  updated() {
    const form = this.querySelector('form');
    if (!form || form.dataset.ready) return;
    form.dataset.ready = 'yes';
    onSubmit(form, async ({current_password: password = ''}) => {
      await withSecondFactor(() => said(api.POST('/api/user/deletion', {body: {current_password: password}})));
      await session.renew();
      this.querySelector('h2')?.scrollIntoView({block: 'center'});
    });
  }

  render() {
    return html`<section class="card part" aria-labelledby="delete"><h2 id="delete">Delete account</h2>
      ${this.due ? scheduled(this.due) : question()}</section>`;
  }
}

/** @param {string} due */
const scheduled = (due) => html`<p role="status">Your account will be deleted on ${date(due)}. Until then, everything works as before in this browser. You were signed out everywhere else.</p>
  <p class="quiet">Signing in again keeps it, too.${hasPaidPlan() ? html` A subscription is not renewed. If you keep your account, you can resume it under <a href="/billing">Plan and billing</a>.` : nothing}</p>
  <p><button class="button main" type="button" @click=${() => void keepAccount()}>Keep my account</button></p>`;

const question = () => html`<p class="quiet">Your projects, songs, videos and keys are deleted for good. You have 7 days to change your mind: signing in keeps the account. You are signed out everywhere else at once. ${hasPaidPlan() ? 'A subscription is not renewed, and ends with your account at the latest. ' : ''}Payments stay in our books, without your name.</p>
  <p><a href="#data">Take a copy of your data first</a></p>
  <details class="more"><summary>Delete my account</summary>
    <form class="question" id="delete-account" novalidate>
      <input class="only-heard" type="email" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" .value=${session.user?.email ?? ''}>
      ${passwordField('delete')}
      <p class="problem" role="alert"></p>
      <button class="button danger" type="submit">Delete my account in 7 days</button>
    </form></details>`;
