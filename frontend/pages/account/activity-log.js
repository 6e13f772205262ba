// What happened in the account: by topic and by day, and as a file.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {moment} from '../../lib/words.js';
import {toast} from '../../ui/toast.js';
import {deviceOf} from './device.js';
import {sentenceOf} from './activity-words.js';

/**
 * @typedef {import('../../lib/api-schema.js').components['schemas']} Schemas
 * @typedef {NonNullable<NonNullable<import('../../lib/api-schema.js').paths['/api/user/activity']['get']['parameters']['query']>>} Query
 */

const PER_PAGE = 50;
const TOPICS = /** @type {const} */ ([
  ['', 'Everything'], ['sign-in', 'Signing in and out'], ['password', 'Password'], ['email', 'Email address'], ['second-factor', 'Second factor'], ['keys', 'API keys'], ['account', 'Account'],
]);

export class ActivityLog extends LitElement {
  static properties = {lines: {state: true}, filter: {state: true}, trouble: {state: true}};

  constructor() {
    super();
    /** @type {{items: Schemas['ActivityOut'][], total: number} | null} */
    this.lines = null;
    this.filter = {topic: '', first: '', last: ''};
    this.trouble = '';
    this.turn = 0;
  }

  createRenderRoot() {
    return this;
  }

  /** The filter as the service takes it: whole days here, where the reader is. @returns {Query} */
  get query() {
    const {topic, first, last} = this.filter;
    return {
      ...(topic ? {topic: /** @type {Query['topic']} */ (topic)} : {}),
      ...(first ? {since: midnight(first, 0)} : {}),
      ...(last ? {until: midnight(last, 1)} : {}),
    };
  }

  get isFiltered() {
    return Object.values(this.filter).some(Boolean);
  }

  /** Show the newest lines. */
  async load() {
    const turn = ++this.turn;
    try {
      const lines = await said(api.GET('/api/user/activity', {params: {query: {...this.query, per_page: PER_PAGE}}}));
      // The answer to an earlier choice may come later.
      if (turn === this.turn) Object.assign(this, {lines, trouble: ''});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === this.turn) this.trouble = error.message;
    }
  }

  async more() {
    const {items = []} = this.lines ?? {};
    const {turn} = this;
    const page = Math.floor(items.length / PER_PAGE) + 1;
    const more = await said(api.GET('/api/user/activity', {params: {query: {...this.query, page, per_page: PER_PAGE}}})).catch(() => null);
    if (!more || turn !== this.turn) return;
    const known = new Set(items.map(({id}) => id));
    this.lines = {...more, items: [...items, ...more.items.filter(({id}) => !known.has(id))]};
  }

  async download() {
    try {
      const text = await said(api.GET('/api/user/activity/export', {params: {query: this.query}, parseAs: 'text'}));
      const link = Object.assign(document.createElement('a'), {download: 'oriel-activity.csv', href: URL.createObjectURL(new Blob([String(text)], {type: 'text/csv'}))});
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    }
  }

  /** @param {Event} event */
  choose({target}) {
    const {name, value} = /** @type {HTMLInputElement} */ (target);
    this.filter = {...this.filter, [name]: value};
    void this.load();
  }

  render() {
    const {lines, filter, trouble} = this;
    return html`<p class="quiet">If something here was not you, change your password: that signs everybody else out.</p>
      <div class="filter" @change=${this.choose}>
        <div class="field"><label for="log-topic">Show</label>
          <select class="input" id="log-topic" name="topic">${TOPICS.map(([topic, title]) => html`<option value=${topic} ?selected=${topic === filter.topic}>${title}</option>`)}</select></div>
        <div class="field"><label for="log-first">From</label><input class="input" id="log-first" name="first" type="date" max=${filter.last || nothing} .value=${filter.first}></div>
        <div class="field"><label for="log-last">To</label><input class="input" id="log-last" name="last" type="date" min=${filter.first || nothing} .value=${filter.last}></div>
        <button class="button" type="button" @click=${this.download}>Download as CSV</button>
      </div>
      ${trouble ? html`<p class="problem" role="alert">${trouble}</p>` : nothing}
      ${lines && !lines.items.length ? html`<p role="status">${this.isFiltered ? 'No activity matches this choice.' : 'No activity yet.'}</p>` : nothing}
      <ul class="rows log">${(lines?.items ?? []).map((line) => html`<li>
        <span><strong>${sentenceOf(line)}</strong><br><span class="quiet">${[moment(line.at), line.user_agent && deviceOf(line.user_agent), line.address].filter(Boolean).join(' · ')}</span></span>
      </li>`)}</ul>
      ${lines && lines.items.length < lines.total ? html`<button class="button" type="button" @click=${this.more}>Show more</button>` : nothing}`;
  }
}

/**
 * The beginning of a day, or of the one so many days later, where the reader is.
 * @param {string} day "2026-11-28"
 * @param {number} later
 */
function midnight(day, later) {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const begins = new Date(year, month - 1, date + later);
  // Fields take years that no clock knows; the service says so.
  return Number.isNaN(begins.valueOf()) ? day : begins.toISOString();
}

customElements.define('oriel-activity-log', ActivityLog);
