// The end of an account: asked for with the password, a week before it happens.
import {LitElement, html} from 'lit';
import {api, said} from '../../lib/api.js';
import {session} from '../../lib/session.js';
import {date} from '../../lib/words.js';
import {keepAccount} from '../../ui/deletion-notice.js';
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
const scheduled = (due) => html`<p role="status">Your account will be deleted on ${date(due)}. Until then, everything works as before.</p>
  <p class="quiet">Signing in again keeps it, too. If you had a subscription, it is cancelled; you can resume it under <a href="/billing">Plan and billing</a>.</p>
  <p><button class="button main" type="button" @click=${() => void keepAccount()}>Keep my account</button></p>`;

const question = () => html`<p class="quiet">Your projects, songs, videos and keys are deleted for good. You have 7 days to change your mind: signing in keeps the account. A subscription is cancelled at once. Payments stay in our books, without your name.</p>
  <p><a href="#data">Take a copy of your data first</a></p>
  <details class="more"><summary>Delete my account</summary>
    <form class="question" id="delete-account" novalidate>
      <input class="only-heard" type="email" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" .value=${session.user?.email ?? ''}>
      ${passwordField('delete')}
      <p class="problem" role="alert"></p>
      <button class="button danger" type="submit">Delete my account in 7 days</button>
    </form></details>`;
