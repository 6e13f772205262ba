// A project that somebody shares: watched with a song, taken into the studio, or copied.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {PartError, part} from '../../lib/part.js';
import {session} from '../../lib/session.js';
import {CannotDraw} from '../../preview/cannot-draw.js';
import {SongError} from '../../preview/song-error.js';
import {toast} from '../../ui/toast.js';
import {rememberCopy, takeCopy} from './copy-wish.js';
import {sourceOf} from './source.js';

/** @type {Record<string, string>} */
const PICTURES = import.meta.glob('../../looks/*/thumbnails/default.webp', {eager: true, import: 'default', query: '?url'});
/** How often somebody is looked for who confirms the address in another tab. */
const CONFIRMED_EVERY_MS = 5000;
/** How soon a page that is open notices that it is shared no longer. */
const SHARED_EVERY_MS = 20_000;

export class Shared extends LitElement {
  static properties = {
    state: {state: true}, project: {state: true}, problem: {state: true}, isPlaying: {state: true}, progress: {state: true}, busy: {state: true},
  };

  constructor() {
    super();
    this.source = sourceOf(location.pathname);
    /** @type {'loading' | 'shown' | 'signed-out' | 'unconfirmed' | 'unknown' | 'failed'} */
    this.state = 'loading';
    /** @type {import('./source.js').SharedProject | null} */
    this.project = null;
    this.problem = '';
    this.isPlaying = false;
    /** @type {number | null} 0..1, while the project's song is on its way */
    this.progress = null;
    this.busy = false;
    /** @type {Promise<import('./live.js').Live> | null} */
    this.live = null;
    this.timer = 0;
  }

  createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  async connectedCallback() {
    super.connectedCallback();
    await session.restore();
    await this.load();
    const isAsked = takeCopy();
    if (this.project?.canCopy && session.state === 'signed-in' && isAsked) await this.copy();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  async load() {
    if (this.source.invitedTo && session.state === 'signed-out') {
      this.state = 'signed-out';
      return;
    }
    try {
      this.show(await this.source.open());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.refuse(error);
    }
  }

  /** @param {import('./source.js').SharedProject} project */
  show(project) {
    if (project.role !== 'viewer') {
      location.replace(`/studio?project=${this.source.invitedTo}`);
      return;
    }
    this.project = project;
    this.state = 'shown';
    document.title = `${project.name} · Oriel`;
    this.watch();
  }

  /** Look from time to time whether it is still shared. */
  watch() {
    this.timer = window.setTimeout(async () => {
      if (document.visibilityState === 'visible') await this.source.open().catch((error) => this.close(error));
      if (this.state === 'shown') this.watch();
    }, SHARED_EVERY_MS);
  }

  /** @param {unknown} error */
  async close(error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status !== 404) return;
    this.isPlaying = false;
    (await this.live)?.pause();
    this.refuse(error);
  }

  /** @param {ApiError} error */
  refuse(error) {
    this.problem = error.message;
    if (error.status !== 404) {
      this.state = 'failed';
      return;
    }
    const isUnconfirmed = this.source.invitedTo && session.user?.email_verified === false;
    this.state = isUnconfirmed ? 'unconfirmed' : 'unknown';
    // It opens by itself once the address is confirmed in another tab.
    if (isUnconfirmed) this.timer = window.setTimeout(() => void this.load(), CONFIRMED_EVERY_MS);
  }

  /** Play or pause. The code that draws is large: nobody gets it before asking. */
  async toggle() {
    this.isPlaying = !this.isPlaying;
    const wantsToPlay = this.isPlaying;
    const live = await this.opened().catch((error) => this.fail(error));
    if (!live) return;
    if (wantsToPlay && this.isPlaying) live.play();
    else live.pause();
  }

  opened() {
    const {project, source} = this;
    const screen = /** @type {HTMLElement} */ (this.querySelector('.screen'));
    if (!project) throw new TypeError('nothing to play');
    this.live ??= part(import('./live.js'))
      .then(({openLive}) => openLive(screen, project, source, {progress: (part) => (this.progress = part), ended: () => (this.isPlaying = false)}))
      .finally(() => (this.progress = null));
    return this.live;
  }

  /** @param {unknown} error */
  fail(error) {
    const isKnown = error instanceof PartError || error instanceof CannotDraw || error instanceof SongError || error instanceof ApiError;
    if (!isKnown) throw error;
    this.isPlaying = false;
    this.live = null;
    toast(error.message, error instanceof PartError ? {label: 'Reload', act: () => location.reload()} : undefined);
    return null;
  }

  async useLook() {
    const {project} = this;
    if (!project) return;
    this.busy = true;
    try {
      const {studioWith} = await part(import('./live.js'));
      location.assign(await studioWith(project));
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  async copy() {
    if (session.state !== 'signed-in') {
      rememberCopy();
      location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    this.busy = true;
    try {
      const {id} = await this.source.copy();
      location.assign(`/studio?project=${id}`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.busy = false;
      toast(error.code === 'EMAIL_NOT_VERIFIED' ? 'Confirm your email address first: open the link in the email we sent you. Then press “Make a copy” again.' : error.message);
    }
  }

  async sendAgain() {
    try {
      const {message} = await said(api.POST('/api/auth/verify-email/send'));
      toast(message);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    }
  }

  render() {
    switch (this.state) {
      case 'loading': return html`<div class="skeleton screen" aria-hidden="true"></div>`;
      case 'shown': return this.project ? this.player(this.project) : nothing;
      case 'signed-out': return this.entry();
      case 'unconfirmed': return this.confirmation();
      case 'unknown': return this.source.invitedTo ? this.otherAddress() : this.deadLink();
      default: return html`<div class="empty" role="alert"><h1>Something went wrong</h1><p>${this.problem}</p>
        <button class="button" type="button" @click=${() => this.load()}>Try again</button></div>`;
    }
  }

  /** @param {import('./source.js').SharedProject} project */
  player({name, ownerName, look, settings, song, canCopy, picture}) {
    const {width = 16, height = 9} = settings.output ?? {};
    const still = picture ?? PICTURES[`../../looks/${look}/thumbnails/default.webp`] ?? '';
    const {isPlaying, progress, busy} = this;
    return html`<div class="shared" .style=${`--w:${width};--h:${height}`}>
      <div class="screen" @click=${() => this.toggle()}><img src=${still} alt=""></div>
      <div class="about">
        <h1 dir="auto">${name}</h1>
        <p class="quiet">${ownerName ? html`Shared by <bdi>${ownerName}</bdi>. ` : nothing}${song ? song.title ? html`You hear “<bdi>${song.title}</bdi>”.` : 'Playing the project’s song.' : 'You hear our example song.'}</p>
        ${progress === null ? nothing : html`<div class="meter" role="progressbar" aria-label="Loading the song" aria-valuenow=${Math.round(100 * progress)}><span .style=${`transform:scaleX(${progress})`}></span></div>`}
        <p class="row actions">
          <button class="button large" type="button" aria-pressed=${isPlaying} @click=${() => this.toggle()}>${isPlaying ? 'Pause' : 'Play'}</button>
          <button class="button main large" type="button" ?disabled=${busy} @click=${() => this.useLook()}>Use it with my song</button>
          ${canCopy ? html`<button class="button large" type="button" ?disabled=${busy} @click=${() => this.copy()}>Make a copy</button>` : nothing}
        </p>
      </div>
    </div>`;
  }

  deadLink() {
    return html`<div class="empty"><h1>This link no longer works</h1>
      <p class="quiet">Its owner has switched it off, or part of the address is missing. Ask the person who sent it for a new one.</p>
      <a class="button main large" href="/studio">Open the studio</a></div>`;
  }

  entry() {
    const next = encodeURIComponent(location.pathname);
    return html`<div class="empty"><h1>Someone has shared a project with you</h1>
      <p class="quiet">Sign in with the email address that got the invitation. No account yet? Create one with the same address. It is free.</p>
      <p class="row actions"><a class="button main large" href=${`/login?next=${next}`}>Sign in</a><a class="button large" href=${`/register?next=${next}`}>Create an account</a></p></div>`;
  }

  confirmation() {
    return html`<div class="empty"><h1>Confirm your email address</h1>
      <p class="quiet">Open the link in the email that we sent to ${session.user?.email}. If the invitation is for that address, this page then opens the project by itself.</p>
      <button class="button" type="button" @click=${() => this.sendAgain()}>Send it again</button></div>`;
  }

  otherAddress() {
    return html`<div class="empty"><h1>This project is not shared with you</h1>
      <p class="quiet">You are signed in as ${session.user?.email}. Sign in with the address that got the invitation, or ask the owner to invite this one. The invitation may also have been withdrawn.</p>
      <a class="button" href="/dashboard?tab=shared">See what is shared with you</a></div>`;
  }
}
