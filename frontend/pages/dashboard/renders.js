// The renders: what is under way, what can be downloaded and until when.
import {html, nothing} from 'lit';
import {repeat} from 'lit/directives/repeat.js';
import {hasEnded} from '../../lib/watch.js';
import {about, clock, counted, daysLeft, percent, shortDate, size} from '../../lib/words.js';
import {copyLink} from '../../ui/share-link.js';
import {EVERYTHING} from './address.js';
import {choice, loadingOf, lookChoice, searchField} from './filters.js';
import {removeRender, removeVideo, replaceLink} from './render-actions.js';
import {end, trouble} from './trouble.js';

/**
 * @typedef {import('./dashboard.js').Dashboard} Dashboard
 * @typedef {import('./dashboard.js').RenderStatus} RenderStatus
 */

const STATES = /** @type {const} */ ([
  ['', 'All states'], ['under_way', 'In progress'], ['available', 'Ready'], ['deleted', 'Expired or deleted'], ['failed', 'Failed'], ['cancelled', 'Cancelled'],
]);
const ORDERS = /** @type {const} */ ([['newest', 'Newest'], ['oldest', 'Oldest'], ['name', 'Name'], ['expires', 'Expires first']]);

/** @param {Dashboard} page */
export function rendersPanel(page) {
  const {renders, view} = page;
  const isFiltered = Boolean(view.search || view.look || view.state || view.project);
  if (renders.state === 'failed') return trouble(renders);
  if (renders.state === 'ready' && !renders.items.length && !isFiltered) return noVideo();
  return html`
    ${filters(page)}
    ${renders.state === 'loading' ? skeletons() : renders.items.length ? list(page) : nothingFound(page)}
    ${end(renders)}`;
}

function noVideo() {
  return html`<div class="empty">
    <h2>No video yet</h2>
    <p class="quiet">Press Render in the studio, and follow your video here.</p>
    <a class="button main large" href="/studio">Open the studio</a>
  </div>`;
}

/** @param {Dashboard} page */
function nothingFound(page) {
  return html`<div class="empty" role="status">
    <h2>Nothing matches</h2>
    <p class="quiet">None of your videos fits this search and these filters.</p>
    <button class="button" type="button" @click=${() => page.show(EVERYTHING)}>Show all videos</button>
  </div>`;
}

const skeletons = () => html`<ul class="renders" aria-hidden="true">${Array.from({length: 5}, () => html`<li class="skeleton render"></li>`)}</ul>`;

/** @param {Dashboard} page */
function filters(page) {
  const {view, renders, projectName} = page;
  return html`<div class="filters" role="search">
    ${searchField(page, 'Search videos', 'Search by title, artist, song or look')}
    ${choice(page, 'State', 'state', STATES)}
    ${lookChoice(page)}
    ${choice(page, 'Order', 'order', ORDERS)}
    ${view.project ? html`<button class="button chip" type="button" aria-label=${`Project ${projectName}: show the videos of all projects`} @click=${() => page.show({project: ''})}>
      <span dir="auto">${projectName || 'Project'}</span><span aria-hidden="true">×</span></button>` : nothing}
    <span class="quiet count" role="status">${renders.state === 'ready' ? counted(renders.total, 'video') : ''}</span>
  </div>`;
}

/** @param {Dashboard} page */
function list(page) {
  return html`<ul class="renders">${repeat(page.renders.items, ({id}) => id, (render, at) => row(page, render, at))}</ul>`;
}

/**
 * @param {Dashboard} page
 * @param {RenderStatus} render
 * @param {number} at its place in the list
 */
function row(page, render, at) {
  const {id, project_id: project, title, filename, artist, poster_url: poster} = render;
  return html`<li class="render">
    <a class="picture" href="/render/${id}" tabindex="-1" aria-hidden="true">${poster ? html`<img loading=${loadingOf(at)} src=${poster} alt="">` : nothing}</a>
    <div class="words">
      <a href="/render/${id}"><strong dir="auto">${title || filename}</strong></a>
      <span class="quiet"><bdi>${artist}</bdi>${artist ? ' · ' : ''}${facts(render)}</span>
    </div>
    <div class="state">${stateOf(render)}</div>
    <div class="row">
      ${render.video_url ? html`<a class="button" href=${render.video_url} download aria-label=${`Download ${title || filename}`}>Download</a>` : nothing}
      ${hasEnded(render) ? html`<a class="button plain" href="/studio?render=${id}" aria-label=${`Edit ${title || filename} and render again`}>Edit</a>` : nothing}
      ${project && project !== page.view.project ? html`<button class="button plain" type="button" aria-label=${`Same project: show all videos of the project of ${title || filename}`} @click=${() => page.show({...EVERYTHING, project})}>Same project</button>` : nothing}
      ${render.video_url ? menu(page, render) : hasEnded(render) ? html`<button class="button plain" type="button" aria-label=${`Remove ${title || filename} from the list`} @click=${() => removeRender(page, render)}>Remove</button>` : nothing}
    </div>
  </li>`;
}

/**
 * @param {Dashboard} page
 * @param {RenderStatus} render whose video is there
 */
const menu = (page, render) => html`<details class="menu">
  <summary class="icon" aria-label=${`More actions for ${render.title || render.filename}`}>⋯</summary>
  <div class="menu-items">
    <button type="button" @click=${() => copyLink(render.watch_url ?? '')}>Copy link</button>
    <button type="button" @click=${() => replaceLink(page, render)}>Revoke link</button>
    <button type="button" class="danger" @click=${() => removeVideo(page, render)}>Delete video</button>
  </div>
</details>`;

/** @param {RenderStatus} render */
function facts({settings, duration_s: seconds, size_bytes: bytes, created_at: made}) {
  const {width, height, format} = /** @type {{width: number, height: number, format: string}} */ (settings.output);
  return [
    `${width} × ${height}`, format.toUpperCase(), ...(seconds ? [clock(seconds)] : []), ...(bytes ? [size(bytes)] : []), shortDate(made),
  ].join(' · ');
}

/** @param {RenderStatus} render */
function stateOf(render) {
  const {status, progress, eta_s: eta, error, expires_at: ends, video_url: url, queue_position: place} = render;
  if (status === 'failed') return html`<span class="problem">${error?.message ?? 'Failed'}</span>`;
  if (status === 'cancelled') return html`<span class="quiet">Cancelled</span>`;
  if (status === 'completed') return html`<span class="quiet">${url && ends ? daysLeft(ends) : 'Deleted'}</span>`;
  return html`<span class="line"><span>${status === 'queued' ? `Waiting${place ? `, number ${place}` : ''}` : 'Rendering'}</span><span class="number quiet">${status === 'queued' ? '' : `${percent(progress)}${eta ? `, ${about(eta)} left` : ''}`}</span></span>
    <div class="meter" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.floor(100 * progress)}><span .style=${`transform:scaleX(${progress})`}></span></div>`;
}
