// The last versions of a project beside the stage: looked at one by one, and brought back.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {fetchFile} from '../../lib/download.js';
import {moment} from '../../lib/words.js';
import {LOOKS} from '../../preview/looks.js';
import {nested, resolveSettings} from '../../preview/settings.js';
import '../../ui/avatar.js';
import {toast} from '../../ui/toast.js';
import {picturesOf} from './own-pictures.js';
import {pictureOf} from './panels/looks.js';

/**
 * @typedef {import('./studio.js').Studio} Studio
 * @typedef {import('../../lib/api-schema.js').components['schemas']['VersionOut']} Version
 */

/** @param {Studio} studio with a project of the server */
export function openVersionHistory(studio) {
  const history = new VersionHistory();
  history.studio = studio;
  document.body.append(history);
}

export class VersionHistory extends LitElement {
  static properties = {versions: {state: true}, chosen: {state: true}, trouble: {state: true}, busy: {state: true}};

  constructor() {
    super();
    /** @type {Studio} */
    this.studio = /** @type {any} */ (null);
    /** @type {Version[] | null} the latest first */
    this.versions = null;
    this.chosen = '';
    this.trouble = '';
    this.busy = false;
  }

  createRenderRoot() {
    return this;
  }

  async firstUpdated() {
    const dialog = /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
    dialog.addEventListener('close', () => this.remove());
    dialog.showModal();
    this.refresh = () => this.requestUpdate();
    this.studio.project.addEventListener('change', this.refresh);
    await this.load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    if (this.refresh) this.studio.project.removeEventListener('change', this.refresh);
    // The stage shows again what the studio has.
    if (this.chosen) void this.studio.engine.show(this.studio.settings);
  }

  async load() {
    this.trouble = '';
    const params = {path: {project_id: this.studio.project.id}};
    try {
      this.versions = (await said(api.GET('/api/projects/{project_id}/versions', {params}))).items;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.trouble = error.message;
    }
  }

  /** Show a version on the stage. @param {Version} version */
  async look({id}) {
    const {studio} = this;
    this.chosen = id;
    const params = {path: {project_id: studio.project.id, version_id: id}};
    try {
      const {settings} = await said(api.GET('/api/projects/{project_id}/versions/{version_id}', {params}));
      const document = {version: 1, ...nested(settings)};
      await this.#fetchPictures(document);
      if (this.isConnected && this.chosen === id) await studio.engine.show(resolveSettings(document, LOOKS));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    }
  }

  /** @param {Record<string, any>} document */
  async #fetchPictures(document) {
    const {studio} = this;
    for (const id of picturesOf(document)) {
      if (studio.pictures.get(id)) continue;
      const file = await fetchFile(`/api/projects/${studio.project.id}/files/${id}`, id, new AbortController().signal).catch(() => null);
      // Without its picture a version is shown with what is left of it.
      if (file) studio.pictures.restore(new Map([...studio.pictures.all, [id, file]]));
    }
  }

  async bringBack() {
    const {project} = this.studio;
    this.busy = true;
    const params = {path: {project_id: project.id, version_id: this.chosen}};
    try {
      await said(api.POST('/api/projects/{project_id}/versions/{version_id}/restore', {params, body: {version: project.version}}));
      location.assign(`/studio?project=${project.id}&fresh`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
      this.busy = false;
      if (error.code === 'CONFLICT') await this.load();
    }
  }

  render() {
    const {versions, trouble} = this;
    return html`<dialog class="versions" aria-labelledby="versions-title"><div class="whole">
      <form class="row" method="dialog"><h2 id="versions-title">Version history</h2><button class="button">Close</button></form>
      <p class="quiet">Choose a version to see it on the stage. The last 20 are kept. What you change within ten minutes is one version. Songs are not part of it.</p>
      ${trouble ? html`<p class="problem" role="alert">${trouble}</p><button class="button" type="button" @click=${() => this.load()}>Try again</button>` : nothing}
      ${versions ? html`<ol>${versions.map((version, at) => this.row(version, at))}</ol>` : trouble ? nothing : html`<div class="skeleton lines" aria-hidden="true"></div>`}
    </div></dialog>`;
  }

  /**
   * @param {Version} version
   * @param {number} at
   */
  row(version, at) {
    const {id, name, look, by, by_avatar_url: face, changed_at: changed, restored, thumbnail_url: picture} = version;
    const isChosen = id === this.chosen;
    const {isOpening, project: {isSaved, words}} = this.studio;
    const marks = [at === 0 ? 'Now' : '', restored ? 'Brought back' : ''].filter(Boolean).join(' · ');
    return html`<li><button class="version" type="button" aria-pressed=${isChosen} @click=${() => this.look(version)}>
        <img src=${picture ?? pictureOf(look, null)} alt="" width="96" height="54" loading="lazy">
        <span class="facts">
          <span>${moment(changed)}</span>
          <span class="quiet author"><oriel-avatar class="small" name=${by} src=${face ?? nothing}></oriel-avatar><bdi>${by}</bdi></span>
          <bdi class="quiet">${name}</bdi>
          ${marks ? html`<span class="quiet">${marks}</span>` : nothing}
        </span>
      </button>
      ${isChosen && at > 0 ? html`<button class="button main wide" type="button" ?disabled=${this.busy || !isSaved} @click=${() => this.bringBack()}>${isSaved ? 'Bring this version back' : isOpening ? 'One moment…' : words}</button>` : nothing}</li>`;
  }
}

customElements.define('oriel-version-history', VersionHistory);
