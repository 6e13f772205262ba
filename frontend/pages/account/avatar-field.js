// The customer's picture: chosen, sent, replaced, removed.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {session} from '../../lib/session.js';
import {upload} from '../../lib/upload.js';
import {percent} from '../../lib/words.js';
import '../../ui/avatar.js';
import {toast} from '../../ui/toast.js';

const MOST_BYTES = 20_000_000;
const TAKEN = 'image/jpeg,image/png,image/webp';

export class AvatarField extends LitElement {
  static properties = {share: {state: true}, problem: {state: true}, waiting: {state: true}};

  constructor() {
    super();
    /** @type {number | null} how much has been sent; null while nothing is */
    this.share = null;
    this.problem = '';
    /** What holds the upload up. */
    this.waiting = '';
    /** @type {AbortController | null} */
    this.sending = null;
    this.refresh = () => this.requestUpdate();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    session.addEventListener('change', this.refresh);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    session.removeEventListener('change', this.refresh);
    this.sending?.abort();
  }

  choose() {
    /** @type {HTMLInputElement} */ (this.querySelector('input')).click();
  }

  /** @param {HTMLInputElement} input */
  async send(input) {
    const file = input.files?.[0];
    // The same file can be chosen again.
    input.value = '';
    if (!file) return;
    this.problem = file.size > MOST_BYTES ? 'This picture is larger than 20 MB. Choose a smaller one.' : '';
    if (this.problem) return;
    await this.attempt(() => this.#upload(file), 'Your picture is saved.');
  }

  /** @param {File} file */
  async #upload(file) {
    this.sending = new AbortController();
    this.share = 0;
    const progress = (/** @type {number} */ sent, /** @type {number} */ total) => (this.share = total ? sent / total : 1);
    const trouble = (/** @type {ApiError | null} */ error) => (this.waiting = error ? `${error.message} We keep trying.` : '');
    try {
      await upload(file, {field: 'picture', method: 'PUT', path: '/api/user/avatar', signal: this.sending.signal, progress, trouble});
    } finally {
      Object.assign(this, {share: null, waiting: '', sending: null});
    }
  }

  removePicture() {
    return this.attempt(() => said(api.DELETE('/api/user/avatar')), 'Your picture is removed.');
  }

  /**
   * @param {() => Promise<unknown>} act
   * @param {string} done
   */
  async attempt(act, done) {
    this.problem = '';
    try {
      await act();
      await session.renew();
      toast(done);
    } catch (error) {
      if (error instanceof ApiError) this.problem = error.message;
      else if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
    }
    await this.updateComplete;
    this.querySelector('button')?.focus();
  }

  render() {
    const {share, problem, waiting} = this;
    const {name, email, avatar_url: url} = session.user ?? {name: '', email: '', avatar_url: null};
    return html`<div class="avatar-field" role="group" aria-labelledby="picture-label">
      <oriel-avatar class="large" name=${name || email} src=${url ?? nothing}></oriel-avatar>
      <div class="field"><span class="label" id="picture-label">Picture</span>
        <input type="file" hidden accept=${TAKEN} aria-label="Picture file" @change=${(/** @type {Event} */ event) => void this.send(/** @type {HTMLInputElement} */ (event.target))}>
        ${share === null ? this.buttons(Boolean(url)) : this.progress(share, waiting)}
        <p class="hint" id="picture-hint">JPEG, PNG or WebP, up to 20 MB. We keep the middle as a small square, without place, camera or other details. Only you and people who share a project with you see it.</p>
        <p class="problem" id="picture-problem" role="alert">${problem}</p>
      </div></div>`;
  }

  /** @param {boolean} isThere */
  buttons(isThere) {
    return html`<div class="row">
      <button class="button" type="button" aria-describedby="picture-hint picture-problem" @click=${this.choose}>${isThere ? 'Replace' : 'Choose a picture'}</button>
      ${isThere ? html`<button class="button plain" type="button" @click=${this.removePicture}>Remove</button>` : nothing}</div>`;
  }

  /**
   * @param {number} share
   * @param {string} waiting
   */
  progress(share, waiting) {
    const words = waiting || (share < 1 ? 'Sending your picture' : 'Preparing your picture');
    return html`<div class="use" role="status"><span class="line"><span>${words}</span><span class="number">${percent(share)}</span></span>
        <div class="meter" role="progressbar" aria-label="Sending your picture" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.floor(100 * share)}><span .style=${`transform:scaleX(${share})`}></span></div></div>
      <div class="row"><button class="button" type="button" @click=${() => this.sending?.abort()}>Cancel</button></div>`;
  }
}
