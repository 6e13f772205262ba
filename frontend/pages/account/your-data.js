// What is stored of a customer, for how long, and a copy of it.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {moment, percent, size} from '../../lib/words.js';
import {toast} from '../../ui/toast.js';

/** @typedef {import('../../lib/api-schema.js').components['schemas']} Schemas */

const ASK_EVERY_MS = 2000;
const DAY_HOURS = 24;

export class YourData extends LitElement {
  static properties = {latest: {state: true}, kinds: {state: true}, trouble: {state: true}, busy: {state: true}};

  constructor() {
    super();
    /** @type {Schemas['ExportOut'] | null | undefined} undefined until we know */
    this.latest = undefined;
    /** @type {Schemas['RetentionOut'][]} */
    this.kinds = [];
    this.trouble = '';
    this.busy = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    void this.load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  async load() {
    try {
      const [latest, {items}] = await Promise.all([this.ask(), said(api.GET('/api/privacy/retention'))]);
      Object.assign(this, {latest, kinds: items, trouble: ''});
      this.follow();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.trouble = error.message;
    }
  }

  /** @returns {Promise<Schemas['ExportOut'] | null>} */
  async ask() {
    return (await said(api.GET('/api/user/export'))).export ?? null;
  }

  /** Ask again and again while the ZIP is being written. */
  follow() {
    clearTimeout(this.timer);
    if (!isUnderWay(this.latest)) return;
    this.timer = setTimeout(async () => {
      this.latest = await this.ask().catch(() => this.latest);
      if (this.isConnected) this.follow();
    }, ASK_EVERY_MS);
  }

  async prepare() {
    this.busy = true;
    try {
      this.latest = await said(api.POST('/api/user/export'));
      this.follow();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    } finally {
      this.busy = false;
    }
  }

  render() {
    return html`<section class="card part" aria-labelledby="data"><h2 id="data">Your data</h2>
      ${this.trouble ? html`<div class="row" role="alert"><p>${this.trouble}</p><button class="button" type="button" @click=${() => void this.load()}>Try again</button></div>` : nothing}
      <h3>A copy of everything</h3>
      <p class="quiet">A ZIP with your projects, songs, videos, settings, payments and activity. Large ones take up to an hour. We email you when it is ready, and keep it for 7 days.</p>
      ${this.copy()}
      <h3>What we keep, and for how long</h3>
      <details class="more"><summary>Show the list</summary>
        <ul class="rows kept">${this.kinds.map((kind) => html`<li>
          <span><strong>${kind.what}</strong><br><span class="quiet">${sentence(kind)} · ${kind.where}</span></span>
        </li>`)}</ul></details>
      <oriel-product-analytics></oriel-product-analytics>
    </section>`;
  }

  copy() {
    const {latest, busy} = this;
    if (latest === undefined) return this.trouble ? nothing : html`<div class="skeleton line-high"></div>`;
    if (isUnderWay(latest)) return progress(latest);
    const again = html`<button class="button" type="button" ?disabled=${busy} @click=${this.prepare}>${latest?.state === 'ready' ? 'Prepare a new copy' : 'Prepare my data'}</button>`;
    if (latest?.state === 'ready') {
      return html`<p role="status">Your data is ready: ${size(latest.size_bytes ?? 0)}, until ${moment(latest.expires_at ?? '')}.</p>
        <p class="row"><a class="button main" href=${latest.download_url ?? ''} download>Download the ZIP</a>${again}</p>`;
    }
    return html`${latest?.state === 'failed' ? html`<p class="problem" role="alert">We could not prepare your data. We have been notified. Please try again in a few hours.</p>` : nothing}
      ${latest?.state === 'expired' ? html`<p class="quiet">Your last copy has been deleted.</p>` : nothing}
      <p>${again}</p>`;
  }
}

/** @param {Schemas['ExportOut'] | null | undefined} latest */
const isUnderWay = (latest) => latest?.state === 'queued' || latest?.state === 'writing';

/** @param {Schemas['ExportOut'] | null | undefined} latest */
function progress(latest) {
  const done = latest?.progress ?? 0;
  return html`<div class="use" role="status">
    <span class="line"><span>${latest?.state === 'queued' ? 'Waiting to start' : 'Preparing your data'}</span><span class="number">${percent(done)}</span></span>
    <div class="meter" role="progressbar" aria-label="Preparing your data" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.floor(100 * done)}><span .style=${`transform:scaleX(${done})`}></span></div>
    <span class="quiet">You can close this page: we email you.</span>
  </div>`;
}

/** "30 days after they end", or what is said instead. @param {Schemas['RetentionOut']} kind */
function sentence({days, until}) {
  if (days === null) return until.charAt(0).toUpperCase() + until.slice(1);
  const hours = Math.round(days * DAY_HOURS);
  const words = hours === 1 ? '1 hour' : hours <= DAY_HOURS ? `${hours} hours` : `${Math.round(days)} days`;
  return `${words} ${until}`;
}
