// The studio: a song, a picture that moves with it, and everything that shapes it.
import {LitElement, html, nothing} from 'lit';
import {session} from '../../lib/session.js';
import {clock} from '../../lib/words.js';
import {cutTextOf} from '../../preview/cut-text.js';
import {LOOKS} from '../../preview/looks.js';
import {resolveSettings} from '../../preview/settings.js';
import '../../ui/menu.js';
import {toast} from '../../ui/toast.js';
import {BrowserStorage} from './browser-storage.js';
import {showCover} from './cover.js';
import {surprise} from './edits.js';
import {Engine} from './engine.js';
import {guides} from './guides.js';
import {dragleave, dragover, drop, paste} from './incoming.js';
import {onKey} from './keys.js';
import {bringBack, save, saveSoon} from './memory.js';
import {watchKeyboard} from './on-screen-keyboard.js';
import {OwnPictures, picturesOf} from './own-pictures.js';
import {OwnPresets} from './own-presets.js';
import {bar} from './panels/bar.js';
import {invitation, pictureProblem} from './panels/invitation.js';
import {looksPanel, pictureOf} from './panels/looks.js';
import {side} from './panels/side.js';
import {transport} from './panels/transport.js';
import {Project} from './project.js';
import {openSaveDialog} from './render-dialog.js';
import {estimate, plansOf} from './service.js';
import {watchLinks} from './sharing.js';
import {steadySliders} from './steady-sliders.js';
import {Store} from './store.js';

/**
 * @typedef {import('../../preview/settings.js').Settings} Settings
 * @typedef {import('./store.js').Draft} Draft
 */

/** @type {Draft} */
const FIRST = {version: 1, look: 'horizon', preset: null, params: {}, output: {width: 1280, height: 720, fps: 30, format: 'mp4', quality: 'standard'}};
const ASK_AFTER_MS = 600;

export class Studio extends LitElement {
  static properties = {
    tab: {state: true},
    saved: {state: true},
    dragging: {state: true},
    showsGuides: {state: true},
    otherTab: {state: true},
    isOpening: {state: true},
    delayMs: {state: true},
    facts: {state: true},
    cutText: {state: true},
    isRestored: {state: true},
  };

  /** @type {Settings | null} */
  #standards = null;

  constructor() {
    super();
    this.store = new Store(FIRST);
    this.storage = new BrowserStorage();
    this.pictures = new OwnPictures();
    this.presets = new OwnPresets(this.storage);
    /** Whoever tries other looks and returns finds the first as it was. @type {Map<string, Record<string, any>>} */
    this.leftLooks = new Map();
    /** The same for kinds of background. @type {Map<string, any>} */
    this.leftBackgrounds = new Map();
    this.engine = new Engine(this.pictures);
    this.project = new Project(this);
    /** What the visitor calls it; empty: as the song is called. */
    this.ownName = '';
    /** Whether what is here is to be saved as soon as it is open. */
    this.savesNext = false;
    /** @type {string | null} a name that is being typed */
    this.typedName = null;
    /** @type {'looks' | 'tune' | 'text' | 'output'} */
    this.tab = matchMedia('(max-width: 63.99rem)').matches ? 'looks' : 'tune';
    this.saved = '';
    this.dragging = false;
    this.showsGuides = false;
    this.otherTab = false;
    /** Whether a project or a render is being opened: what is here belongs partly to that, partly to what was here before. */
    this.isOpening = false;
    this.delayMs = 0;
    /** @type {import('./service.js').Plan[]} the smallest first */
    this.plans = [];
    /** @type {import('./service.js').Plan | null} what a render that is bought allows */
    this.single = null;
    this.planName = 'free';
    /** @type {import('./service.js').Estimate | null} what would come out, as the service says */
    this.facts = null;
    this.isSignedIn = false;
    /** Into the form of an account that was closed. */
    this.typedEmail = '';
    /** @type {Awaited<ReturnType<typeof cutTextOf>> | null} what the video cuts of title and artist; null until it is known */
    this.cutText = null;
    /** The draft that a render of this account was made from, as JSON: nothing of it is lost where something else is opened. */
    this.rendered = '';
    /** Whether this browser's memory was read, so that the name is known. */
    this.isRestored = false;
    /** @type {string[]} leading colours of the cover, #rrggbb */
    this.palette = [];
    this.coverUrl = '';
    this.settings = resolveSettings(FIRST, LOOKS);
    steadySliders(this);
    this.saveTimer = 0;
    this.askTimer = 0;
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

  get name() {
    const {song} = this;
    return this.ownName || (song ? this.settings.text.title || song.title || song.name : '');
  }

  /** Pictures that the settings name and this browser does not have. */
  get missingPictures() {
    return picturesOf(this.store.draft).filter((name) => !this.pictures.get(name));
  }

  get rangeS() {
    const {start_s: start, duration_s: duration} = this.settings.range;
    const songS = this.engine.durationS;
    return {startS: Math.min(start, songS), endS: duration === null ? songS : Math.min(songS, start + duration)};
  }

  async connectedCallback() {
    super.connectedCallback();
    this.endKeyboard = watchKeyboard(this);
    this.keyListener = (/** @type {KeyboardEvent} */ event) => onKey(event, this);
    document.addEventListener('keydown', this.keyListener);
    this.endLinks = watchLinks(this);
    this.store.addEventListener('change', () => this.hear());
    this.presets.addEventListener('change', () => this.requestUpdate());
    this.project.addEventListener('change', () => {
      this.requestUpdate();
      // At once: whoever leaves now must find the version that the server has.
      void save(this);
    });
    this.engine.addEventListener('change', () => this.requestUpdate());
    this.engine.addEventListener('time', () => this.showTime());
    this.engine.addEventListener('cover', () => void showCover(this));
    await this.updateComplete;
    this.engine.attach(/** @type {HTMLElement} */ (this.querySelector('.canvas-host')));
    const isKnown = session.restore();
    await bringBack(this);
    void isKnown.then(() => this.learnPlan());
    session.addEventListener('change', () => {
      this.requestUpdate();
      this.tellOfSession();
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.endKeyboard?.();
    this.endLinks?.();
    if (this.keyListener) document.removeEventListener('keydown', this.keyListener);
    this.engine.dispose();
  }

  /** Take settings from outside; what cannot be used changes nothing. Whether they are taken. @param {() => void} take */
  tryDraft(take) {
    const before = this.store.save();
    try {
      take();
      resolveSettings(this.store.draft, LOOKS);
      return true;
    } catch (error) {
      this.store.restore(before);
      toast(error instanceof Error ? error.message : 'These settings cannot be used.');
      return false;
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
    void this.engine.show(this.settings);
    void showCover(this);
    void this.findCutText();
    this.askSoon();
    saveSoon(this);
    this.project.follow();
  }

  async findCutText() {
    const {settings} = this;
    const {title, artist} = this.engine.textOf(settings);
    const cutText = await cutTextOf(title, artist, settings.output).catch(() => null);
    if (settings === this.settings) this.cutText = cutText;
  }

  /** Ask the service, once the settings rest, what would come out. Text and pictures do not matter for that and stay here. */
  askSoon() {
    clearTimeout(this.askTimer);
    const {song, settings} = this;
    if (!song || this.tab !== 'output') return;
    const {look, output, range, background} = settings;
    this.askTimer = window.setTimeout(async () => {
      const asked = {look, output, range, ...(background.type === 'transparent' ? {background} : {})};
      const facts = await estimate(asked, {durationS: song.durationS, bytes: song.file.size}).catch(() => null);
      if (settings === this.settings) this.facts = facts;
    }, ASK_AFTER_MS);
  }

  /** @param {import('lit').PropertyValues} changed */
  updated(changed) {
    if (!changed.has('tab')) return;
    this.askSoon();
    // A reload comes back to it.
    if (this.isRestored) saveSoon(this);
    // Each panel begins at its top, wherever the one before was.
    /** @type {Element} */ (this.querySelector('.side.right')).scrollTop = 0;
  }

  /** A session may have ended elsewhere: what is changed from then on stays here. */
  tellOfSession() {
    const wasSignedIn = this.isSignedIn;
    this.isSignedIn = session.state === 'signed-in';
    if (wasSignedIn && session.state === 'signed-out' && this.project.id) this.askToSignIn();
  }

  askToSignIn() {
    const address = encodeURIComponent(`/studio?project=${this.project.id}`);
    toast('You were signed out. Changes stay in this browser until you sign in again.', {label: 'Sign in', act: () => location.assign(`/login?next=${address}`)});
  }

  /** @param {string} name */
  rename(name) {
    this.typedName = null;
    this.ownName = name.trim().slice(0, 120);
    this.requestUpdate();
    saveSoon(this);
    this.project.follow();
  }

  /** Keep what is here as a project. @param {import('./render-dialog.js').SaveOptions} [options] */
  save(options) {
    openSaveDialog(this, options);
  }

  /** What is here can be had again from a render. */
  async noteRendered() {
    this.rendered = JSON.stringify(this.store.draft);
    await this.keepNow();
  }

  /** Save all of it in this browser at once: the page is about to be left. */
  async keepNow() {
    await save(this);
  }

  /** Whether this tab may save what is here, in the browser and to the project. */
  get mayWrite() {
    return !this.otherTab && !this.isOpening;
  }

  get isRendered() {
    return this.rendered === JSON.stringify(this.store.draft);
  }

  /** Nothing of one's own: as on a first visit. */
  async begin() {
    this.ownName = '';
    this.pictures.restore(new Map());
    this.store.restore({draft: FIRST, undo: [], redo: []});
    await this.storage.putAll({song: undefined, heard: undefined});
    history.replaceState(null, '', '/studio');
    await this.engine.showExample(this.settings);
  }

  undo() {
    this.store.undo();
    this.engine.stayIn(this.rangeS);
  }

  redo() {
    this.store.redo();
    this.engine.stayIn(this.rangeS);
  }

  surprise() {
    this.store.endGesture();
    this.store.change('Surprise', (draft) => surprise(draft, [this.look]));
  }

  // --- the song

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

  /** @param {number} milliseconds by which what is heard lags behind */
  setDelay(milliseconds) {
    this.delayMs = milliseconds;
    this.engine.delayS = milliseconds / 1000;
    saveSoon(this);
  }

  /** While it rests, show a moment at which the text stands. */
  showText() {
    const {startS, endS} = this.rangeS;
    if (this.engine.paused) this.engine.seek(Math.min(startS + 3, (startS + endS) / 2));
  }

  toggleGuides() {
    this.showsGuides = !this.showsGuides;
    saveSoon(this);
  }

  async learnPlan() {
    Object.assign(this, await plansOf());
    this.engine.watermark = this.plans.find(({name}) => name === this.planName)?.watermark ?? true;
    await this.engine.show(this.settings);
    this.askSoon();
    this.requestUpdate();
  }

  showTime() {
    const {timeS, durationS} = this.engine;
    const time = this.querySelector('.time');
    const {startS, endS} = this.rangeS;
    const trimmed = startS > 0 || endS < durationS ? `\n${clock(startS)} to ${clock(endS)}, ${clock(Math.floor(endS) - Math.floor(startS))} long` : '';
    const words = `${clock(timeS)} / ${clock(durationS)}${trimmed}`;
    if (time && time.textContent !== words) time.textContent = words;
    const timeline = /** @type {import('./timeline.js').Timeline | null} */ (this.querySelector('oriel-timeline'));
    if (timeline) timeline.time = timeS;
  }

  // --- the page

  render() {
    const {settings} = this;
    const {width, height} = settings.output;
    const isSeeThrough = settings.background.type === 'transparent';
    // Until the first frame is drawn, and where none can be, the look's own picture stands there.
    const still = isSeeThrough ? '' : `background-image:url("${pictureOf(settings.look, settings.preset)}")`;
    return html`<div class="studio ${this.dragging ? 'dragging' : ''}"
        @dragover=${(/** @type {DragEvent} */ event) => dragover(this, event)} @dragleave=${(/** @type {DragEvent} */ event) => dragleave(this, event)}
        @drop=${(/** @type {DragEvent} */ event) => drop(this, event)} @paste=${(/** @type {ClipboardEvent} */ event) => paste(this, event)}>
      ${bar(this)}
      <aside class="side left panel" aria-label="Looks and presets">${looksPanel(this)}</aside>
      <main class="stage" aria-label="Preview">
        <h1 class="only-heard">Studio</h1>
        <div class="frame ${isSeeThrough ? 'see-through' : ''}" .style=${`--w:${width};--h:${height};${still}`}>
          <div class="canvas-host"></div>
          ${this.showsGuides ? guides(settings.output) : nothing}
          ${pictureProblem(this)}
        </div>
        ${invitation(this)}
      </main>
      ${side(this)}
      ${transport(this)}
    </div>`;
  }

}
