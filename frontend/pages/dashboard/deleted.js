// The projects that were deleted, and can be brought back or deleted for good.
import {html, nothing} from 'lit';
import {live} from 'lit/directives/live.js';
import {repeat} from 'lit/directives/repeat.js';
import {clock, counted, daysLeft} from '../../lib/words.js';
import {EVERYTHING} from './address.js';
import {loadingOf, lookChoice, pictureOf, searchField, titled} from './filters.js';
import {erase, restore} from './project-actions.js';
import {end, trouble} from './trouble.js';

/**
 * @typedef {import('./dashboard.js').Dashboard} Dashboard
 * @typedef {import('./dashboard.js').Project} Project
 */

/** @param {Dashboard} page */
export function deletedPanel(page) {
  const {deleted, view, chosen} = page;
  const isSearch = Boolean(view.search || view.look);
  if (deleted.state === 'failed') return trouble(deleted);
  if (deleted.state === 'ready' && !deleted.items.length && !isSearch) return nothingDeleted();
  return html`
    ${chosen.size ? many(page) : filters(page)}
    <p class="quiet">Deleted projects can be restored for 30 days, and count towards your storage. After that they are deleted for good, with their songs and pictures.</p>
    ${deleted.state === 'loading' ? skeletons() : deleted.items.length ? list(page) : nothingFound(page)}
    ${end(deleted)}`;
}

function nothingDeleted() {
  return html`<div class="empty">
    <h2>No deleted project</h2>
    <p class="quiet">A project that you delete stays here for 30 days, so that you can restore it.</p>
  </div>`;
}

/** @param {Dashboard} page */
function nothingFound(page) {
  return html`<div class="empty" role="status">
    <h2>Nothing found</h2>
    <p class="quiet">No deleted project has these words in its name, song, artist or look.</p>
    <button class="button" type="button" @click=${() => page.show(EVERYTHING)}>Show all deleted projects</button>
  </div>`;
}

const skeletons = () => html`<ul class="projects list" aria-hidden="true">${Array.from({length: 4}, () => html`<li class="skeleton render"></li>`)}</ul>`;

/** @param {Dashboard} page */
function filters(page) {
  const {deleted} = page;
  return html`<div class="filters" role="search">
    ${searchField(page, 'Search deleted projects', 'Search by name, song, artist or look')}
    ${lookChoice(page)}
    <span class="quiet count" role="status">${deleted.state === 'ready' ? counted(deleted.total, 'project') : ''}</span>
  </div>`;
}

/** @param {Dashboard} page */
function many(page) {
  const {chosen, deleted, busy} = page;
  const those = () => deleted.items.filter(({id}) => chosen.ids.has(id));
  return html`<div class="filters many" role="toolbar" aria-label="Chosen projects">
    <strong role="status">${counted(chosen.size, 'project')} chosen</strong>
    <button class="button main" type="button" ?disabled=${busy} @click=${() => restore(page, those())}>Restore</button>
    <button class="button danger" type="button" ?disabled=${busy} @click=${() => erase(page, those())}>Delete for good</button>
    <button class="button plain" type="button" @click=${() => { chosen.clear(); page.requestUpdate(); }}>Clear selection</button>
  </div>`;
}

/** @param {Dashboard} page */
function list(page) {
  return html`<ul class="projects list deleted">${repeat(page.deleted.items, ({id}) => id, (project, at) => row(page, project, at))}</ul>`;
}

/**
 * @param {Dashboard} page
 * @param {Project} project
 * @param {number} at its place in the list
 */
function row(page, project, at) {
  const {id, name, look, song, restorable_until: until} = project;
  const isChosen = page.chosen.ids.has(id);
  return html`<li class="project ${isChosen ? 'chosen' : ''}" data-id=${id}>
    <div class="open">
      <img class="picture" loading=${loadingOf(at)} src=${project.thumbnail_url ?? pictureOf(look)} alt="" width="480" height="270">
      <span class="words"><strong dir="auto" title=${name}>${name}</strong>
        <span class="quiet">${titled(look)}${song?.duration_s ? html` · <span class="number">${clock(song.duration_s)}</span>` : nothing} · ${until ? daysLeft(until) : nothing}</span></span>
      <div class="row">
        <button class="button restore" type="button" aria-label=${`Restore ${name}`} ?disabled=${page.busy} @click=${() => restore(page, [project])}>Restore</button>
        <button class="button danger erase" type="button" aria-label=${`Delete for good: ${name}`} ?disabled=${page.busy} @click=${() => erase(page, [project])}>Delete for good</button>
      </div>
    </div>
    <input class="pick" type="checkbox" aria-label=${`Choose ${name}`} .checked=${live(isChosen)} @click=${(/** @type {MouseEvent} */ event) => page.choose(project, {range: event.shiftKey})}>
  </li>`;
}
