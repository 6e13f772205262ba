// The dialog in which an owner shares a project: its link, and the people who were invited.
import {LitElement, html, nothing} from 'lit';
import {live} from 'lit/directives/live.js';
import {repeat} from 'lit/directives/repeat.js';
import {ApiError, api, said} from '../lib/api.js';
import {session} from '../lib/session.js';
import {isTouch} from '../lib/touch.js';
import {isolated} from '../lib/words.js';
import './avatar.js';
import {ask} from './dialog.js';
import {toast} from './toast.js';

/**
 * @typedef {import('../lib/api-schema.js').components['schemas']['SharingOut']} Sharing
 * @typedef {import('../lib/api-schema.js').components['schemas']['PersonOut']} Person
 */

/**
 * @param {{id: string, name: string}} project
 * @param {(isShared: boolean) => void} [changed] told after each change
 */
export function openShareDialog(project, changed = () => {}) {
  const dialog = new ShareDialog();
  Object.assign(dialog, {project, changed});
  document.body.append(dialog);
}

class ShareDialog extends LitElement {
  static properties = {sharing: {state: true}, trouble: {state: true}, problem: {state: true}, busy: {state: true}};

  constructor() {
    super();
    this.project = {id: '', name: ''};
    /** @type {(isShared: boolean) => void} */
    this.changed = () => {};
    /** @type {Sharing | null} */
    this.sharing = null;
    /** Why the dialog could not be filled. */
    this.trouble = '';
    /** Why somebody was not invited. */
    this.problem = '';
    this.busy = false;
    /** What a switch shows until the service has answered. @type {Record<string, boolean>} */
    this.pending = {};
  }

  createRenderRoot() {
    return this;
  }

  get #params() {
    return {path: {project_id: this.project.id}};
  }

  async firstUpdated() {
    const dialog = /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
    dialog.addEventListener('close', () => this.remove());
    dialog.showModal();
    await this.load();
  }

  async load() {
    this.trouble = '';
    try {
      this.sharing = await said(api.GET('/api/projects/{project_id}/sharing', {params: this.#params}));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.trouble = error.message;
    }
  }

  /** @param {() => Promise<Partial<Sharing>>} act what is different afterwards */
  async attempt(act) {
    if (this.busy || !this.sharing) return;
    this.busy = true;
    try {
      this.sharing = {...this.sharing, ...(await act())};
      this.changed(Boolean(this.sharing.link) || this.sharing.people.length > 0);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    } finally {
      this.busy = false;
    }
  }

  /** @param {'link' | 'copies' | 'song'} name @param {boolean} isOn */
  switch(name, isOn) {
    const body = {link: null, copies: null, song: null, [name]: isOn};
    this.pending = {[name]: isOn};
    return this.attempt(() => said(api.PATCH('/api/projects/{project_id}/sharing', {params: this.#params, body})).finally(() => (this.pending = {})));
  }

  async copyLink() {
    const input = /** @type {HTMLInputElement} */ (this.querySelector('#share-link'));
    try {
      await navigator.clipboard.writeText(input.value);
      toast('The link is copied.');
    } catch {
      input.select();
      toast(`Your browser does not let us copy. ${isTouch() ? 'Hold your finger on the link' : 'Press Ctrl+C'} to copy it.`);
    }
  }

  /** @param {SubmitEvent} event */
  async invite(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const input = /** @type {HTMLInputElement} */ (form.elements.namedItem('email'));
    const role = /** @type {'viewer' | 'editor'} */ (/** @type {HTMLSelectElement} */ (form.elements.namedItem('role')).value);
    this.problem = input.value.trim() ? '' : 'Enter an email address.';
    if (this.problem || this.busy) {
      input.focus();
      return;
    }
    await this.attempt(async () => {
      try {
        const person = await said(api.POST('/api/projects/{project_id}/people', {params: this.#params, body: {email: input.value.trim(), role}}));
        toast(`We have sent an invitation to ${person.email}.`);
        form.reset();
        return {people: [...(this.sharing?.people ?? []), person]};
      } catch (error) {
        if (!(error instanceof ApiError) || error.isTemporary) throw error;
        this.problem = error.message;
        return {};
      }
    });
    input.focus();
  }

  /** @param {Person} person @param {'viewer' | 'editor'} role */
  changeRole({id}, role) {
    const params = {path: {project_id: this.project.id, person_id: id}};
    return this.attempt(async () => {
      const changed = await said(api.PATCH('/api/projects/{project_id}/people/{person_id}', {params, body: {role}}));
      return {people: this.#people((person) => (person.id === id ? changed : person))};
    });
  }

  /** @param {Person} person */
  async removePerson({id, name, email}) {
    const who = isolated(name || email);
    const text = 'They lose access right away, even if they have it open now.';
    if (!(await ask({title: `Remove ${who}?`, text, yes: 'Remove', danger: true}))) return;
    const params = {path: {project_id: this.project.id, person_id: id}};
    return this.attempt(async () => {
      await said(api.DELETE('/api/projects/{project_id}/people/{person_id}', {params}));
      toast(`${who} was removed.`);
      return {people: this.#people((person) => (person.id === id ? null : person))};
    });
  }

  /** @param {(person: Person) => Person | null} change */
  #people(change) {
    return (this.sharing?.people ?? []).map(change).filter((each) => each !== null);
  }

  render() {
    const {sharing, project, trouble} = this;
    return html`<dialog class="dialog share" aria-labelledby="share-title"><div class="question">
      <h2 id="share-title">Share “<bdi>${project.name || 'Untitled'}</bdi>”</h2>
      ${trouble ? html`<p class="problem" role="alert">${trouble}</p><div class="row"><button class="button" type="button" @click=${() => this.load()}>Try again</button></div>` : nothing}
      ${sharing ? [this.linkPart(sharing), this.peoplePart(sharing)] : trouble ? nothing : html`<div class="skeleton lines" aria-hidden="true"></div>`}
      <form class="row end" method="dialog"><button class="button main">Done</button></form>
    </div></dialog>`;
  }

  /** @param {Sharing} sharing */
  linkPart({link, copies, song}) {
    return html`<section class="part" aria-labelledby="share-by-link">
      <h3 id="share-by-link">Link</h3>
      ${this.option('link', 'Anyone with the link can view', `No account needed. It plays your look with ${song ? 'your' : 'our example'} song, and they can use the look with a song of their own.`, Boolean(link))}
      ${link
        ? html`<div class="row link"><input class="input" id="share-link" readonly aria-label="Link to this project" .value=${link} @focus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select()}>
            <button class="button" type="button" @click=${() => this.copyLink()}>Copy link</button></div>
          ${this.option('copies', 'They can copy the whole project', `The copy is theirs, with your pictures${song ? ' and your song' : ''}. Your project stays as it is.`, copies)}`
        : nothing}
      ${this.option('song', 'Let viewers hear my song', 'For people with the link and invited viewers. Otherwise they hear the example song. Editors always hear it.', song)}
      ${link ? html`<p class="quiet small">Switch the link off and it stops working for good.</p>` : nothing}
    </section>`;
  }

  /**
   * @param {'link' | 'copies' | 'song'} name
   * @param {string} label
   * @param {string} hint
   * @param {boolean} isOn
   */
  option(name, label, hint, isOn) {
    return html`<div class="option"><input type="checkbox" role="switch" id=${`share-${name}-on`} aria-describedby=${`share-${name}-hint`} .checked=${live(this.pending[name] ?? isOn)} ?disabled=${this.busy}
        @change=${(/** @type {Event} */ event) => this.switch(name, /** @type {HTMLInputElement} */ (event.target).checked)}>
      <div><label for=${`share-${name}-on`}>${label}</label><p class="quiet small" id=${`share-${name}-hint`}>${hint}</p></div></div>`;
  }

  /** @param {Sharing} sharing */
  peoplePart({people}) {
    return html`<section class="part" aria-labelledby="share-with-people">
      <h3 id="share-with-people">People</h3>
      <form class="invitation" novalidate @submit=${this.invite}>
        <label for="share-email">Email address</label>
        <div class="row"><input class="input" id="share-email" name="email" type="email" maxlength="254" autocomplete="off" aria-describedby="share-email-problem" aria-invalid=${this.problem ? 'true' : nothing}>
          <select class="input" name="role" aria-label="What they can do"><option value="editor">Can edit</option><option value="viewer">Can view</option></select>
          <button class="button" type="submit" aria-busy=${this.busy}>Invite</button></div>
        <p class="problem" id="share-email-problem" role="alert">${this.problem}</p>
      </form>
      <ul class="people">
        <li>${picture(session.user?.name || session.user?.email || '', session.user?.avatar_url)}<span class="who"><strong dir="auto">${session.user?.name || session.user?.email}</strong> <span class="quiet">You</span></span><span class="quiet">Owner</span></li>
        ${repeat(people, ({id}) => id, (person) => this.row(person))}
      </ul>
    </section>`;
  }

  /** @param {Person} person */
  row(person) {
    const {email, name, role, accepted_at: accepted, avatar_url: url} = person;
    return html`<li>${picture(name || email, url)}<span class="who"><strong dir="auto">${name || email}</strong> <span class="quiet">${accepted ? (name ? email : 'Joined') : 'Invited'}</span></span>
      <select class="input" aria-label=${`What ${name || email} can do`} ?disabled=${this.busy} .value=${live(role)} @change=${(/** @type {Event} */ event) => this.changeRole(person, /** @type {any} */ (/** @type {HTMLSelectElement} */ (event.target).value))}>
        <option value="editor" ?selected=${role === 'editor'}>Can edit</option><option value="viewer" ?selected=${role === 'viewer'}>Can view</option>
      </select>
      <button class="button plain" type="button" ?disabled=${this.busy} aria-label=${`Remove ${name || email}`} @click=${() => this.removePerson(person)}>Remove</button></li>`;
  }
}

/**
 * @param {string} name
 * @param {string | null} [url]
 */
const picture = (name, url) => html`<oriel-avatar name=${name} src=${url ?? nothing}></oriel-avatar>`;

customElements.define('oriel-share-dialog', ShareDialog);
