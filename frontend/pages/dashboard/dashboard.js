// What a customer has: projects to go on with, and videos to download.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {Pages} from '../../lib/pages.js';
import {size} from '../../lib/words.js';
import {meter} from '../../ui/meter.js';
import {signedIn} from '../../ui/signed-in.js';
import {toast} from '../../ui/toast.js';
import {searchOf, viewOf} from './address.js';
import {Choice} from './choice.js';
import {deletedPanel} from './deleted.js';
import {takeDrops} from './drop-zone.js';
import {onLongPress} from './long-press.js';
import {projectsPanel} from './projects.js';
import {followRenders} from './render-news.js';
import {rendersPanel} from './renders.js';
import {chooseImport, importFiles} from './settings-import.js';

/**
 * @typedef {import('../../lib/api-schema.js').components['schemas']['ProjectSummary']} Project
 * @typedef {import('../../lib/api-schema.js').components['schemas']['StatusOut']} RenderStatus
 * @typedef {import('../../lib/api-schema.js').components['schemas']['ProfileOut']} Profile
 */

const TYPED_MS = 250;
const POLL_MS = 3000;
// A few screens of a phone: more of them cost it time before the first can be touched.
const PER_PAGE = 24;
const TABS = /** @type {const} */ ([['projects', 'Projects'], ['renders', 'Videos'], ['shared', 'Shared with me'], ['deleted', 'Deleted']]);

export class Dashboard extends LitElement {
  static properties = {view: {state: true}, profile: {state: true}, busy: {state: true}, projectName: {state: true}, refusals: {state: true}};

  constructor() {
    super();
    this.view = viewOf(location.search);
    /** @type {Profile | null} */
    this.profile = null;
    this.busy = false;
    /** Of the project whose renders are shown. */
    this.projectName = '';
    /** @type {import('./settings-import.js').Refusal[]} of settings files */
    this.refusals = [];
    this.chosen = new Choice();
    /** @type {Pages<Project>} */
    this.projects = new Pages((page) => this.fetchProjects({page}));
    /** @type {Pages<Project>} of others, who share them */
    this.shared = new Pages((page) => this.fetchProjects({page, shared: true}));
    /** @type {Pages<Project>} that can be brought back; fetched each time their tab is opened */
    this.deleted = new Pages((page) => this.fetchProjects({page, deleted: true, sort: 'deleted'}));
    /** @type {Pages<RenderStatus>} */
    this.renders = new Pages((page) => this.askForRenders({page, per_page: PER_PAGE}));
    this.typed = 0;
    this.typedSearch = this.view.search;
    this.observer = new IntersectionObserver((seen) => {
      const {pages} = this;
      if (seen.some(({isIntersecting}) => isIntersecting) && pages.hasMore && !pages.trouble) void pages.more();
    }, {rootMargin: '600px'});
  }

  createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  get pages() {
    return this.view.tab === 'renders' ? this.renders : this.listed;
  }

  /** The projects of the open tab. */
  get listed() {
    const {tab} = this.view;
    return tab === 'shared' ? this.shared : tab === 'deleted' ? this.deleted : this.projects;
  }

  /** @param {{page: number, shared?: boolean, deleted?: boolean, sort?: 'deleted'}} asked beside what is chosen */
  fetchProjects(asked) {
    const {search, look, sort} = this.view;
    return said(api.GET('/api/projects', {params: {query: {per_page: PER_PAGE, search, sort, ...(look ? {look} : {}), ...asked}}}));
  }

  /** @param {{page: number, per_page: number, state?: 'under_way', sort?: 'oldest'}} asked beside what is chosen */
  askForRenders(asked) {
    const {search, look, state, project, order} = this.view;
    const chosen = {search, sort: order, ...(look ? {look} : {}), ...(state ? {state} : {}), ...(project ? {project_id: project} : {})};
    return said(api.GET('/api/renders', {params: {query: {...chosen, ...asked}}}));
  }

  async connectedCallback() {
    super.connectedCallback();
    if (!(await signedIn())) return;
    const lists = [this.projects, this.shared, this.renders];
    for (const pages of [...lists, this.deleted]) pages.addEventListener('change', () => this.requestUpdate());
    this.stopDrops = takeDrops(this, (files) => void importFiles(this, files));
    addEventListener('popstate', () => this.show(viewOf(location.search), {isBack: true}));
    onLongPress(this, '.project[data-id]', ({dataset: {id}}) => {
      const project = this.listed.items.find((each) => each.id === id);
      if (project) this.choose(project, {});
    });
    this.timer = setInterval(() => void followRenders(this), POLL_MS);
    void this.nameProject();
    // What is on the screen first; the others share its line.
    const {pages: open} = this;
    await open.reload();
    const hasNone = open === this.projects && open.state === 'ready' && !open.items.length && !location.search;
    if (hasNone) await this.showVideosInstead();
    for (const pages of lists) if (pages !== open && !(hasNone && pages === this.renders)) void pages.reload();
    await this.learn();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
    this.stopDrops?.();
    this.observer.disconnect();
  }

  /** Open the videos where there are some: a render needs no saved project. */
  async showVideosInstead() {
    await this.renders.reload();
    if (!this.renders.items.length || this.view.tab !== 'projects') return;
    this.show({tab: 'renders'}, {isBack: true});
    history.replaceState(null, '', location.pathname + searchOf(this.view));
  }

  /** Plan, storage, and what is left of the month. */
  async learn() {
    this.profile = await said(api.GET('/api/user/profile')).catch(() => null);
  }

  /** A project may be gone while its renders are still there. */
  async nameProject() {
    const {project} = this.view;
    this.projectName = '';
    if (!project) return;
    const params = {path: {project_id: project}};
    const {name} = await said(api.GET('/api/projects/{project_id}', {params})).catch(() => ({name: 'A deleted project'}));
    if (this.view.project === project) this.projectName = name;
  }

  /**
   * @param {Partial<import('./address.js').View>} change
   * @param {{isBack?: boolean}} [how] isBack: the address says it already
   */
  show(change, {isBack = false} = {}) {
    const before = this.view;
    this.view = {...before, ...change};
    if (!isBack) {
      const address = location.pathname + searchOf(this.view);
      if (this.view.tab !== before.tab) history.pushState(null, '', address);
      else history.replaceState(null, '', address);
    }
    const {search, project} = this.view;
    const differs = (/** @type {(keyof import('./address.js').View)[]} */ ...keys) => keys.some((key) => this.view[key] !== before[key]);
    if (change.search !== undefined && differs('search')) this.typedSearch = search;
    if (differs('search', 'look', 'sort', 'tab')) this.chosen.clear();
    if (differs('search', 'look', 'sort')) for (const pages of [this.projects, this.shared]) void pages.reload();
    if (this.view.tab === 'deleted' && differs('search', 'look', 'tab')) void this.deleted.reload();
    if (differs('search', 'look', 'state', 'project', 'order')) void this.renders.reload();
    if (project !== before.project) void this.nameProject();
  }

  /** @param {string} search */
  type(search) {
    clearTimeout(this.typed);
    this.typedSearch = search;
    this.typed = window.setTimeout(() => this.show({search}), TYPED_MS);
  }

  /**
   * @param {Project} project
   * @param {{range?: boolean}} how
   */
  choose(project, how) {
    this.chosen.toggle(project.id, this.listed.items.map(({id}) => id), how);
    this.requestUpdate();
  }

  /** @param {() => Promise<void>} act */
  async attempt(act) {
    this.busy = true;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    } finally {
      this.busy = false;
    }
  }

  /** Where what had the focus is gone: on another element, or on the open tab. @param {string} selector */
  async moveFocus(selector) {
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector(selector) ?? this.querySelector('[role=tab][aria-selected=true]'))?.focus();
  }

  updated() {
    this.observer.disconnect();
    const end = this.querySelector('.end-of-list');
    if (end) this.observer.observe(end);
  }

  render() {
    const {tab} = this.view;
    return html`
      <div class="top">
        <h1>My videos</h1>
        ${this.meters()}
        <div class="row">
          <button class="button" type="button" ?disabled=${this.busy} @click=${() => chooseImport(this)}>Import settings</button>
          <a class="button" href="/studio?new">New project</a>
        </div>
      </div>
      <div class="tabs" role="tablist" aria-label="My videos" @keydown=${this.moveTab}>
        ${TABS.map(([name, title]) => html`<button class="tab" role="tab" type="button" id=${`tab-${name}`} aria-controls="panel" aria-selected=${tab === name}
          tabindex=${tab === name ? 0 : -1} @click=${() => this.show({tab: name})}>${title}${name === 'shared' && this.shared.total ? html` <span class="number quiet">${this.shared.total}</span>` : nothing}</button>`)}
      </div>
      ${this.refusals.length ? this.refused() : nothing}
      <div role="tabpanel" id="panel" aria-labelledby=${`tab-${tab}`}>${tab === 'renders' ? rendersPanel(this) : tab === 'deleted' ? deletedPanel(this) : projectsPanel(this)}</div>`;
  }

  refused() {
    return html`<div class="notice problem refused" role="alert">
      <ul>${this.refusals.map(({file, sentence}) => html`<li><strong><bdi>${file}</bdi>:</strong> ${sentence}</li>`)}</ul>
      <button class="button" type="button" @click=${() => { this.refusals = []; }}>Close</button>
    </div>`;
  }

  /** @param {KeyboardEvent} event */
  moveTab(event) {
    if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
    event.preventDefault();
    const names = TABS.map(([name]) => name);
    const step = event.key === 'ArrowRight' ? 1 : names.length - 1;
    this.show({tab: names[(names.indexOf(this.view.tab) + step) % names.length] ?? 'projects'});
    void this.updateComplete.then(() => /** @type {HTMLElement | null} */ (this.querySelector(`#tab-${this.view.tab}`))?.focus());
  }

  meters() {
    const now = this.profile?.statistics;
    if (!now) return html`<div class="meters" aria-hidden="true"><div class="use skeleton"></div><div class="use skeleton"></div></div>`;
    const {renders_this_period: used, renders_limit: most, storage_bytes: bytes, storage_limit: room} = now;
    return html`<div class="meters">
      ${most === null ? nothing : meter('Renders this month', `${used} of ${most} used`, used / most)}
      ${room === null ? nothing : meter('Storage', `${size(bytes)} of ${size(room)} used`, bytes / room)}
    </div>`;
  }
}
