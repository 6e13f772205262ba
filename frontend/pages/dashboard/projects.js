// The projects: cards or rows, found by words, chosen one by one or many at once.
import {html, nothing} from 'lit';
import {live} from 'lit/directives/live.js';
import {repeat} from 'lit/directives/repeat.js';
import {clock, counted, shortDate} from '../../lib/words.js';
import {EVERYTHING} from './address.js';
import {choice, loadingOf, lookChoice, pictureOf, searchField, titled} from './filters.js';
import {copy, downloadSettings, duplicate, leave, remove, rename, share} from './project-actions.js';
import {replaceSettings} from './settings-import.js';
import {end, trouble} from './trouble.js';

/**
 * @typedef {import('./dashboard.js').Dashboard} Dashboard
 * @typedef {import('./dashboard.js').Project} Project
 */

const SORTS = /** @type {const} */ ([['changed', 'Last changed'], ['opened', 'Last opened'], ['created', 'Newest'], ['name', 'Name']]);

/** @param {Dashboard} page */
export function projectsPanel(page) {
  const {listed, view} = page;
  const isSearch = Boolean(view.search || view.look);
  if (listed.state === 'failed') return trouble(listed);
  if (listed.state === 'ready' && !listed.items.length && !isSearch) {
    if (view.tab === 'shared') return nothingShared();
    // Where there are videos, their tab opens.
    return page.renders.state === 'loading' ? skeletons() : welcome();
  }
  return html`
    ${page.chosen.size ? many(page) : filters(page)}
    ${listed.state === 'loading' ? skeletons() : listed.items.length ? list(page) : nothingFound(page)}
    ${end(listed)}`;
}

function welcome() {
  return html`<div class="empty">
    <h2>No project yet</h2>
    <p class="quiet">Open the studio, choose a song, and press Save. Your song, the look and every setting will be here when you come back.</p>
    <a class="button main large" href="/studio?new">Open the studio</a>
  </div>`;
}

function nothingShared() {
  return html`<div class="empty">
    <h2>Nobody has shared a project with you yet</h2>
    <p class="quiet">When someone invites you by your email address, their project appears here. To share one of yours, open its menu under Projects and choose Share.</p>
  </div>`;
}

/** @param {Dashboard} page */
function nothingFound(page) {
  return html`<div class="empty" role="status">
    <h2>Nothing found</h2>
    <p class="quiet">No project has these words in its name, song, artist or look.</p>
    <button class="button" type="button" @click=${() => page.show(EVERYTHING)}>Show all projects</button>
  </div>`;
}

const skeletons = () => html`<ul class="projects cards" aria-hidden="true">${Array.from({length: 8}, () => html`<li class="project"><div class="skeleton picture"></div><div class="skeleton words"></div></li>`)}</ul>`;

/** @param {Dashboard} page */
function filters(page) {
  const {view, listed} = page;
  return html`<div class="filters" role="search">
    ${searchField(page, 'Search projects', 'Search by name, song, artist or look')}
    ${lookChoice(page)}
    ${choice(page, 'Order', 'sort', SORTS)}
    <button class="button" type="button" aria-pressed=${view.view === 'list'} @click=${() => page.show({view: view.view === 'list' ? 'cards' : 'list'})}>${view.view === 'list' ? 'Cards' : 'List'}</button>
    <span class="quiet count" role="status">${listed.state === 'ready' ? counted(listed.total, 'project') : ''}</span>
  </div>`;
}

/** @param {Dashboard} page */
function many(page) {
  const {chosen, busy} = page;
  const ids = [...chosen.ids];
  return html`<div class="filters many" role="toolbar" aria-label="Chosen projects">
    <strong role="status">${counted(ids.length, 'project')} chosen</strong>
    <button class="button" type="button" ?disabled=${busy} @click=${() => duplicate(page, ids)}>Duplicate</button>
    <button class="button" type="button" ?disabled=${busy} @click=${() => downloadSettings(page, ids)}>Download settings</button>
    <button class="button danger" type="button" ?disabled=${busy} @click=${() => remove(page, ids)}>Delete</button>
    <button class="button plain" type="button" @click=${() => { chosen.clear(); page.requestUpdate(); }}>Clear selection</button>
  </div>`;
}

/** @param {Dashboard} page */
function list(page) {
  return html`<ul class="projects ${page.view.view}">${repeat(page.listed.items, ({id}) => id, (project, at) => card(page, project, at))}</ul>`;
}

/**
 * @param {Dashboard} page
 * @param {Project} project
 * @param {number} at its place in the list
 */
function card(page, project, at) {
  const {id, name, look, song, role, owner_name: owner, is_shared: isShared} = project;
  const isMine = role === 'owner';
  const isChosen = page.chosen.ids.has(id);
  const pick = (/** @type {MouseEvent} */ event) => page.choose(project, {range: event.shiftKey});
  return html`<li class="project ${isChosen ? 'chosen' : ''}" data-id=${isMine ? id : nothing}>
    <a class="open" href=${role === 'viewer' ? `/shared/${id}` : `/studio?project=${id}`} @click=${(/** @type {PointerEvent} */ event) => {
      if (!isMine || !choosesMore(page, event)) return;
      event.preventDefault();
      pick(event);
    }}>
      <img class="picture" loading=${loadingOf(at)} src=${project.thumbnail_url ?? pictureOf(look)} alt="" width="480" height="270">
      <span class="words"><strong dir="auto" title=${name}>${name}</strong>
        <span class="quiet">${isMine && isShared ? 'Shared · ' : nothing}${titled(look)}${song?.duration_s ? html` · <span class="number">${clock(song.duration_s)}</span>` : nothing} · ${shortDate(project.changed_at)}</span>
        ${isMine ? nothing : html`<span class="quiet">From <bdi>${owner}</bdi> · ${role === 'editor' ? 'Can edit' : 'Can view'}</span>`}</span>
    </a>
    ${isMine ? html`<input class="pick" type="checkbox" aria-label=${`Choose ${name}`} .checked=${live(isChosen)} @click=${pick}>` : nothing}
    <details class="menu">
      <summary class="icon" aria-label=${`Actions for ${name}`}>⋯</summary>
      <div class="menu-items">${isMine ? ownActions(page, project) : sharedActions(page, project)}</div>
    </details>
  </li>`;
}

/**
 * Whether a click on a card chooses it: with a key, or with a finger once another one is chosen.
 * @param {Dashboard} page
 * @param {PointerEvent} event
 */
const choosesMore = ({chosen}, {ctrlKey, metaKey, shiftKey, pointerType}) => ctrlKey || metaKey || shiftKey || (chosen.size > 0 && pointerType === 'touch');

/**
 * @param {Dashboard} page
 * @param {Project} project
 */
const ownActions = (page, project) => html`
  <button type="button" @click=${() => share(page, project)}>Share</button>
  <button type="button" @click=${() => page.show({...EVERYTHING, tab: 'renders', project: project.id})}>Show videos</button>
  <button type="button" @click=${() => rename(page, project)}>Rename</button>
  <button type="button" @click=${() => duplicate(page, [project.id])}>Duplicate</button>
  <button type="button" @click=${() => downloadSettings(page, [project.id])}>Download settings</button>
  <button type="button" @click=${() => replaceSettings(page, project)}>Replace settings</button>
  <button type="button" class="danger" @click=${() => remove(page, [project.id])}>Delete</button>`;

/**
 * @param {Dashboard} page
 * @param {Project} project
 */
const sharedActions = (page, project) => html`
  ${project.role === 'editor' ? html`<button type="button" @click=${() => replaceSettings(page, project)}>Replace settings</button>
    <button type="button" @click=${() => copy(page, project)}>Make a copy</button>` : nothing}
  <button type="button" class="danger" @click=${() => leave(page, project)}>Leave</button>`;
