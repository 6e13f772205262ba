// The studio: a song, a picture that moves with it, and everything that shapes it.
import {LitElement, html, nothing} from 'lit';
import {session} from '../../lib/session.js';
import {clock} from '../../lib/words.js';
import {LOOKS} from '../../preview/looks.js';
import {resolveSettings} from '../../preview/settings.js';
import {toast} from '../../ui/toast.js';
import {surprise} from './edits.js';
import {Engine} from './engine.js';
import {choose, download, isPicture} from './files.js';
import {guides} from './guides.js';
import {loudIcon, mutedIcon, pauseIcon, personIcon, playIcon, redoIcon, shareIcon, songIcon, undoIcon} from './icons.js';
import {Keep, takeOver} from './keep.js';
import {onKey} from './keys.js';
import {looksPanel} from './panels/looks.js';
import {outputPanel} from './panels/output.js';
import {textPanel} from './panels/text.js';
import {tunePanel} from './panels/tune.js';
import {openRenderDialog} from './render-dialog.js';
import {plansOf} from './service.js';
import {contractOf, draftOf, tokenOf} from './share.js';
import {Store} from './store.js';

/**
 * @typedef {import('../../preview/settings.js').Settings} Settings
 * @typedef {import('./store.js').Draft} Draft
 * @typedef {import('./keep.js').OwnPreset} OwnPreset
 */

/** @type {Draft} */
const FIRST = {version: 1, look: 'horizon', preset: null, params: {}, output: {width: 1280, height: 720, fps: 30, format: 'mp4', quality: 'standard'}};
const SAVE_AFTER_MS = 400;
const TABS = /** @type {const} */ ([
  ['looks', 'Looks'],
  ['tune', 'Tune'],
  ['text', 'Text & cover'],
  ['output', 'Output'],
]);

export class Studio extends LitElement {
  static properties = {
    tab: {state: true},
    saved: {state: true},
    dragging: {state: true},
    showsGuides: {state: true},
    otherTab: {state: true},
  };

  /** @type {Settings | null} */
  #standards = null;

  constructor() {
    super();
    this.store = new Store(FIRST);
    this.keep = new Keep();
    this.engine = new Engine();
    /** @type {'looks' | 'tune' | 'text' | 'output'} */
    this.tab = 'tune';
    this.saved = '';
    this.dragging = false;
    this.showsGuides = false;
    this.otherTab = false;
    /** @type {OwnPreset[]} */
    this.ownPresets = [];
    /** @type {any[]} the plans, the smallest first */
    this.plans = [];
    this.planName = 'free';
    /** @type {Blob | null} a picture of the visitor's own, in place of the file's */
    this.ownCover = null;
    this.coverUrl = '';
    this.settings = resolveSettings(FIRST, LOOKS);
    this.saveTimer = 0;
  }

  createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  /** The look in use. */
  get look() {
    return /** @type {import('../../preview/parameters.js').Look} */ (LOOKS.find(({name}) => name === this.settings.look));
  }

  /** What the values are where nothing else is chosen. */
  get standards() {
    const {look, preset = null} = this.store.draft;
    const known = this.#standards;
    if (known && known.look === look && known.preset === preset) return known;
    return (this.#standards = resolveSettings({version: 1, look, preset}, LOOKS));
  }

  get song() {
    return this.engine.song;
  }

  get rangeS() {
    const {start_s: start, duration_s: duration} = this.settings.range;
    const songS = this.engine.durationS;
    return {startS: Math.min(start, songS), endS: duration === null ? songS : Math.min(songS, start + duration)};
  }

  async connectedCallback() {
    super.connectedCallback();
    this.keyListener = (/** @type {KeyboardEvent} */ event) => onKey(event, this);
    document.addEventListener('keydown', this.keyListener);
    this.store.addEventListener('change', () => this.hear());
    this.engine.addEventListener('change', () => this.requestUpdate());
    this.engine.addEventListener('time', () => this.showTime());
    this.engine.addEventListener('cover', () => this.showCover());
    await this.updateComplete;
    this.engine.attach(/** @type {HTMLElement} */ (this.querySelector('.canvas-host')));
    await this.bringBack();
    void session.restore().then(() => this.learnPlan());
    session.addEventListener('change', () => this.requestUpdate());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    if (this.keyListener) document.removeEventListener('keydown', this.keyListener);
    this.engine.dispose();
  }

  /** What was here before a reload, what a link asks for, or the example. */
  async bringBack() {
    await this.use();
    document.addEventListener('visibilitychange', () => void this.comeBack());
    const [saved, song, cover, presets] = await Promise.all([
      this.keep.get('draft'), this.keep.get('song'), this.keep.get('cover'), this.keep.get('presets'),
    ]);
    this.ownPresets = /** @type {OwnPreset[] | undefined} */ (presets) ?? [];
    this.ownCover = cover instanceof Blob ? cover : null;
    if (saved) this.tryDraft(() => this.store.restore(/** @type {any} */ (saved)));
    await this.takeLink();
    if (song instanceof File) await this.openSong(song, {isKept: true});
    else await this.engine.showExample(this.settings);
  }

  /** From now on this tab is the one that keeps what is done. */
  async use() {
    this.otherTab = false;
    await takeOver(() => {
      this.otherTab = true;
      this.saved = 'Goes on in another tab';
    });
  }

  /** This tab is looked at again: it goes on with what another one has done meanwhile. */
  async comeBack() {
    if (document.visibilityState !== 'visible' || !this.otherTab) return;
    const saved = await this.keep.get('draft');
    await this.use();
    if (saved) this.tryDraft(() => this.store.restore(/** @type {any} */ (saved)));
  }

  /** A look in the address, or values that the page around us has set. */
  async takeLink() {
    const token = new URLSearchParams(location.hash.slice(1)).get('look');
    const contract = contractOf(/** @type {any} */ (window).config, location.hash);
    try {
      if (token) {
        const draft = await draftOf(token);
        this.tryDraft(() => this.store.change('The look of the link', (now) => Object.assign(clear(now), draft)));
      } else if (contract) {
        const {look, params} = resolveSettings(contract, LOOKS);
        this.store.change('The look of the page', (now) => Object.assign(now, {look, preset: null, params}));
      }
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error));
    }
    // A reload must not undo what was changed since.
    if (token) history.replaceState(null, '', location.pathname + location.search);
  }

  /** Take settings from outside; what cannot be used changes nothing. @param {() => void} take */
  tryDraft(take) {
    const before = this.store.save();
    try {
      take();
      resolveSettings(this.store.draft, LOOKS);
    } catch (error) {
      this.store.restore(before);
      toast(error instanceof Error ? error.message : 'These settings cannot be used.');
    }
  }

  /** The settings have changed: draw, show, keep. */
  hear() {
    try {
      this.settings = resolveSettings(this.store.draft, LOOKS);
    } catch {
      return;
    }
    this.requestUpdate();
    void this.engine.show(this.settings, {cover: this.ownCover});
    this.showCover();
    this.saved = 'Saving…';
    clearTimeout(this.saveTimer);
    this.saveTimer = window.setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  async save() {
    if (this.otherTab) return;
    const kept = await this.keep.put('draft', this.store.save());
    this.saved = kept ? 'Saved' : 'Not saved: this browser keeps nothing';
  }

  undo() {
    this.store.undo();
  }

  redo() {
    this.store.redo();
  }

  surprise() {
    this.store.endGesture();
    this.store.change('Surprise', (draft) => surprise(draft, LOOKS));
  }

  // --- the song

  /**
   * @param {File} file
   * @param {{isKept?: boolean}} [options]
   */
  async openSong(file, {isKept = false} = {}) {
    const opened = await this.engine.open(file, this.settings);
    if (!opened) return;
    if (!isKept) {
      this.store.change('Song', (draft) => delete draft.range);
      if (!this.otherTab && !(await this.keep.put('song', file))) toast('This browser cannot keep the song: after a reload, drop it again.');
    }
    this.hear();
    this.engine.seek(this.rangeS.startS);
  }

  /** @param {DragEvent} event */
  async drop(event) {
    event.preventDefault();
    this.dragging = false;
    await this.takeFiles([...(event.dataTransfer?.files ?? [])]);
  }

  /** @param {File[]} files */
  async takeFiles(files) {
    const picture = files.find(isPicture);
    const settings = files.find(({name}) => name.toLowerCase().endsWith('.json'));
    const song = files.find((file) => file !== picture && file !== settings);
    if (picture) await this.takeCover(picture);
    if (settings) await this.takeSettings(settings);
    if (song) await this.openSong(song);
  }

  async chooseSong() {
    const file = await choose('audio/*,.mp3,.wav,.m4a');
    if (file) await this.openSong(file);
  }

  togglePlay() {
    this.engine.toggle(this.rangeS);
  }

  /** @param {number} timeS */
  seek(timeS) {
    this.engine.seek(timeS);
  }

  /** @param {number} bySeconds */
  seekBy(bySeconds) {
    this.engine.seek(this.engine.timeS + bySeconds);
  }

  toggleMute() {
    this.engine.muted = !this.engine.muted;
    this.requestUpdate();
  }

  /** Begin, or end, what is rendered at the place now. @param {'start' | 'end'} edge */
  trimHere(edge) {
    const {startS, endS} = this.rangeS;
    const timeS = this.engine.timeS;
    const range = edge === 'start' ? {startS: Math.min(timeS, endS - 1), endS} : {startS, endS: Math.max(timeS, startS + 1)};
    this.trim(new CustomEvent('trim', {detail: {...range, done: true}}));
  }

  /** @param {CustomEvent<{startS: number, endS: number, done: boolean}>} event */
  trim({detail: {startS, endS, done}}) {
    const round = (/** @type {number} */ seconds) => Math.round(1000 * seconds) / 1000;
    const whole = endS >= this.engine.durationS - 0.001;
    this.store.change('Trim', (draft) => (draft.range = {start_s: round(startS), duration_s: whole ? null : round(endS - startS)}));
    if (done) this.store.endGesture();
    this.showTime();
  }

  /** While it rests, show a moment at which the text stands. */
  showText() {
    const {startS, endS} = this.rangeS;
    if (this.engine.paused) this.engine.seek(Math.min(startS + 3, (startS + endS) / 2));
  }

  // --- cover, settings, presets

  async chooseCover() {
    const file = await choose('image/jpeg,image/png,image/webp');
    if (file) await this.takeCover(file);
  }

  /** @param {File} file */
  async takeCover(file) {
    const problem = await this.engine.refusalOf(file);
    if (problem) {
      toast(problem);
      return;
    }
    this.ownCover = file;
    void this.keep.put('cover', file);
    this.store.endGesture();
    const {centre} = this.look.parameters.properties;
    this.store.change('Cover', (draft) => {
      draft.cover = {source: 'file', file: file.name};
      // What stands in the middle hides the cover otherwise.
      if (centre?.enum?.includes('cover')) (draft.params ??= {}).centre = 'cover';
    });
    this.hear();
  }

  removeCover() {
    this.store.change('Cover', (draft) => (draft.cover = {source: 'none'}));
  }

  showCover() {
    const url = this.engine.coverUrl(this.settings.cover.source, this.ownCover);
    if (url === this.coverUrl) return;
    this.coverUrl = url;
    this.requestUpdate();
  }

  downloadSettings() {
    const text = JSON.stringify(this.store.draft, null, 2);
    download(new Blob([text], {type: 'application/json'}), `${this.song?.title || 'oriel'} settings.json`);
  }

  async openSettings() {
    const file = await choose('application/json,.json');
    if (file) await this.takeSettings(file);
  }

  /** @param {File} file */
  async takeSettings(file) {
    try {
      if (file.size > 100_000) throw new Error('This file is too large for settings.');
      const content = JSON.parse(await file.text());
      const {look} = resolveSettings(content, LOOKS);
      this.tryDraft(() => this.store.change('Settings from a file', (draft) => Object.assign(clear(draft), {version: 1, look}, content)));
    } catch (error) {
      toast(error instanceof SyntaxError ? 'This file holds no settings.' : error instanceof Error ? error.message : String(error));
    }
  }

  async saveOwnPreset() {
    const name = prompt('Name of your preset', `${this.look.title} ${this.ownPresets.length + 1}`)?.trim().slice(0, 60);
    if (!name) return;
    const {look, params, background, finish} = this.settings;
    this.ownPresets = [...this.ownPresets.filter((own) => own.name !== name), {name, look, params, background, finish}];
    await this.keep.put('presets', this.ownPresets);
    this.requestUpdate();
  }

  /** @param {OwnPreset} own */
  takeOwnPreset({name, look, params, background, finish}) {
    this.tryDraft(() => this.store.change(`Preset ${name}`, (draft) => Object.assign(draft, {look, preset: null, params, background, finish})));
  }

  /** @param {OwnPreset} own */
  async deleteOwnPreset(own) {
    const before = this.ownPresets;
    const put = async (/** @type {OwnPreset[]} */ presets) => {
      this.ownPresets = presets;
      await this.keep.put('presets', presets);
      this.requestUpdate();
    };
    await put(before.filter((each) => each !== own));
    toast(`“${own.name}” is deleted.`, {label: 'Undo', act: () => void put(before)});
  }

  toggleGuides() {
    this.showsGuides = !this.showsGuides;
  }

  async share() {
    const link = `${location.origin}/studio#look=${await tokenOf(this.store.draft)}`;
    try {
      await navigator.clipboard.writeText(link);
      toast('The link is copied. It opens this look with the visitor’s own song.');
    } catch {
      prompt('Copy this link:', link);
    }
  }

  async learnPlan() {
    Object.assign(this, await plansOf());
    this.requestUpdate();
  }

  showTime() {
    const {timeS, durationS} = this.engine;
    const time = this.querySelector('.time');
    const {startS, endS} = this.rangeS;
    const trimmed = startS > 0 || endS < durationS ? ` · ${clock(startS)} to ${clock(endS)}` : '';
    const words = `${clock(timeS)} / ${clock(durationS)}${trimmed}`;
    if (time && time.textContent !== words) time.textContent = words;
    const timeline = /** @type {import('./timeline.js').Timeline | null} */ (this.querySelector('oriel-timeline'));
    if (timeline) timeline.time = timeS;
  }

  // --- the page

  render() {
    const {settings, engine} = this;
    const {width, height} = settings.output;
    return html`<div class="studio ${this.dragging ? 'dragging' : ''}"
        @dragover=${this.dragover} @dragleave=${this.dragleave} @drop=${this.drop} @paste=${this.paste}>
      ${this.bar()}
      <aside class="side left panel" aria-label="Looks and presets">${looksPanel(this)}</aside>
      <main class="stage" aria-label="Preview">
        <h1 class="only-heard">Studio</h1>
        <div class="frame" .style=${`--w:${width};--h:${height}`}>
          <div class="canvas-host"></div>
          ${this.showsGuides ? guides(settings.output) : nothing}
          ${this.invitation()}
        </div>
      </main>
      ${this.side()}
      <footer class="transport">
        <button class="icon play" type="button" aria-label=${engine.paused ? 'Play' : 'Pause'} ?disabled=${!engine.canPlay} @click=${this.togglePlay}>${engine.paused ? playIcon : pauseIcon}</button>
        <span class="time number"></span>
        <oriel-timeline .track=${engine.track} .range=${this.rangeS} @seek=${(/** @type {CustomEvent} */ event) => this.seek(event.detail.timeS)} @trim=${this.trim}></oriel-timeline>
        <button class="icon wide-only" type="button" aria-label=${engine.muted ? 'Turn the sound on' : 'Turn the sound off'} @click=${this.toggleMute}>${engine.muted ? mutedIcon : loudIcon}</button>
      </footer>
    </div>`;
  }

  bar() {
    const {store, song} = this;
    return html`<header class="bar">
      <a class="brand" href="/" aria-label="Oriel, start page"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M16 2 29 9.5v13L16 30 3 22.5v-13Z" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"/><path d="M11 12v8M16 9v14M21 13v6" stroke="var(--accent)" stroke-width="2.4" stroke-linecap="round"/></svg><span>Oriel</span></a>
      <span class="name" dir="auto" title=${song?.name ?? ''}>${song ? this.settings.text.title || song.title || song.name : 'Untitled'}</span>
      <button class="icon" type="button" aria-label="Undo" title=${store.undoLabel ? `Undo: ${store.undoLabel}` : 'Undo'} ?disabled=${!store.canUndo} @click=${this.undo}>${undoIcon}</button>
      <button class="icon" type="button" aria-label="Redo" title=${store.redoLabel ? `Redo: ${store.redoLabel}` : 'Redo'} ?disabled=${!store.canRedo} @click=${this.redo}>${redoIcon}</button>
      <span class="saved" role="status" title=${this.saved}>${this.saved}</span>
      ${song ? html`<button class="icon" type="button" aria-label="Change the song" title="Change the song" @click=${this.chooseSong}>${songIcon}</button>` : nothing}
      <button class="icon wide-only" type="button" aria-label="Share this look" title="Share this look" @click=${this.share}>${shareIcon}</button>
      <a class="icon wide-only" href="/help" target="_blank" aria-label="Help" title="Help">?</a>
      ${session.state === 'signed-in'
        ? html`<details class="menu"><summary class="icon" aria-label="Your account" title=${session.user?.email ?? ''}>${personIcon}</summary>
            <div class="menu-items"><span class="quiet">${session.user?.email}</span>
              <a href="/help" target="_blank">Help</a><button type="button" @click=${() => void session.signOut()}>Sign out</button></div></details>`
        : html`<a class="button plain wide-only" href="/login?next=/studio">Sign in</a>`}
      <button class="button main" type="button" ?disabled=${!song} @click=${() => openRenderDialog(this)}>Render</button>
    </header>`;
  }

  invitation() {
    const {engine} = this;
    if (engine.opening) {
      const {name, fraction} = engine.opening;
      return html`<div class="invite"><div>
        <p role="status">Listening to ${name}</p>
        <div class="meter" role="progressbar" aria-label="Listening" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(100 * fraction)}><span .style=${`transform:scaleX(${fraction})`}></span></div>
        <button class="button" type="button" @click=${() => engine.cancelOpening()}>Cancel</button>
      </div></div>`;
    }
    if (engine.song && !engine.problem) return nothing;
    return html`<div class="invite"><div>
      <h2>${engine.song ? 'That did not work' : 'Drop your song'}</h2>
      ${engine.problem ? html`<p class="problem" role="alert">${engine.problem}</p>` : nothing}
      <div class="row">
        <button class="button main large" type="button" @click=${this.chooseSong}>Choose a file</button>
        ${engine.song ? html`<button class="button large" type="button" @click=${() => engine.forgetProblem()}>Keep ${engine.song.title || engine.song.name}</button>` : nothing}
      </div>
      <p class="quiet">MP3, WAV or M4A. It stays in your browser until you press Render.</p>
    </div></div>`;
  }

  side() {
    const panel = {looks: looksPanel, tune: tunePanel, text: textPanel, output: outputPanel}[this.tab];
    return html`<aside class="side right" aria-label="Settings">
      <div class="tabs" role="tablist" aria-label="Settings" @keydown=${this.moveTab}>
        ${TABS.map(([name, title]) => html`<button class="tab ${name}-tab" role="tab" type="button" id=${`tab-${name}`} aria-controls="panel"
          aria-selected=${this.tab === name} tabindex=${this.tab === name ? 0 : -1} @click=${() => (this.tab = name)}>${title}</button>`)}
      </div>
      <div class="panel" role="tabpanel" id="panel" aria-labelledby=${`tab-${this.tab}`} tabindex="-1">${panel(this)}</div>
    </aside>`;
  }

  /** @param {KeyboardEvent} event */
  moveTab(event) {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const shown = TABS.filter(([name]) => this.querySelector(`#tab-${name}`)?.getClientRects().length);
    const at = shown.findIndex(([name]) => name === this.tab);
    const next = shown[(at + step + shown.length) % shown.length];
    if (!next) return;
    this.tab = next[0];
    void this.updateComplete.then(() => /** @type {HTMLElement | null} */ (this.querySelector(`#tab-${this.tab}`))?.focus());
  }

  /** @param {DragEvent} event */
  dragover(event) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.dragging = true;
  }

  /** @param {DragEvent} event */
  dragleave(event) {
    if (!(event.relatedTarget instanceof Node) || !this.contains(event.relatedTarget)) this.dragging = false;
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) void this.takeFiles(files);
  }
}

/**
 * Empty a draft, in place.
 * @param {Draft} draft
 */
function clear(draft) {
  for (const key of Object.keys(draft)) delete draft[key];
  return draft;
}
