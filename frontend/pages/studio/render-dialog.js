// From the studio to a video: sign in, confirm, see what comes out, upload, submit. Nothing is lost on the way.
import {LitElement, html} from 'lit';
import {ApiError} from '../../lib/api.js';
import {PartError} from '../../lib/part.js';
import {session} from '../../lib/session.js';
import {isolated} from '../../lib/words.js';
import {clearProblems, onSubmit} from '../../ui/form.js';
import {toast} from '../../ui/toast.js';
import {again, estimatedSettings, newId, orderOf} from './order.js';
import {SHAPES, frameOf, obstacleOf, shapeOf} from './output.js';
import {stepOf} from './render-steps.js';
import {cancelRender, checkoutFor, checkoutForPlan, estimate, profile, sendConfirmation, submit} from './service.js';
import {forget, remember} from './unconfirmed.js';

/**
 * @typedef {import('./studio.js').Studio} Studio
 * @typedef {{prefersNoWatermark?: boolean}} RenderOptions prefersNoWatermark: the visitor comes for the video without one
 * @typedef {{isCopy?: boolean, closed?: () => void}} SaveOptions isCopy: beside the project that it was; closed: called when the dialog is left
 * @typedef {'register' | 'sign-in' | 'second-factor' | 'confirm' | 'summary' | 'upload' | 'refused'} Step
 */

const ASK_MS = 3000;

/**
 * @param {Studio} studio
 * @param {RenderOptions} [options]
 */
export function openRenderDialog(studio, options) {
  open(studio, 'render', options);
}

/**
 * Keep the song and its settings as a project.
 * @param {Studio} studio
 * @param {SaveOptions} [options]
 */
export function openSaveDialog(studio, options) {
  open(studio, 'save', options);
}

/**
 * @param {Studio} studio
 * @param {'render' | 'save'} purpose
 * @param {RenderOptions & SaveOptions} [options]
 */
function open(studio, purpose, options = {}) {
  const dialog = new RenderDialog();
  Object.assign(dialog, {studio, purpose, ...options});
  document.body.append(dialog);
}

export class RenderDialog extends LitElement {
  static properties = {step: {state: true}, problem: {state: true}, sent: {state: true}, note: {state: true}, busy: {state: true}};

  constructor() {
    super();
    /** @type {Studio} */
    this.studio = /** @type {any} */ (null);
    /** @type {'render' | 'save'} */
    this.purpose = 'render';
    /** Whether the button that comes first is the video without a watermark. */
    this.prefersNoWatermark = false;
    this.isCopy = false;
    this.closed = () => {};
    /** @type {Step} */
    this.step = 'summary';
    /** @type {ApiError | PartError | null} */
    this.problem = null;
    this.note = '';
    /** What an account is needed for, where it is more than the purpose: "get Pro". */
    this.wish = '';
    this.sent = {bytes: 0, total: 1};
    this.busy = true;
    this.poster = '';
    /** @type {Awaited<ReturnType<typeof profile>> | null} */
    this.profile = null;
    /** @type {import('./service.js').Estimate | null} */
    this.facts = null;
    /** @type {import('../../lib/session.js').SecondStep | null} what a login still needs */
    this.second = null;
    this.stopping = new AbortController();
    // One key for one order: what is pressed twice, or sent again after a lost answer, is one render.
    this.key = crypto.randomUUID();
    // As with the key: the same again makes no second project.
    this.projectId = newId();
    this.timer = 0;
  }

  createRenderRoot() {
    return this;
  }

  async firstUpdated() {
    const dialog = this.dialog;
    dialog.addEventListener('close', () => {
      this.remove();
      this.closed();
    });
    dialog.addEventListener('cancel', (event) => {
      if (this.step !== 'upload') return;
      event.preventDefault();
      this.stopUpload();
    });
    // A plan may have been bought in another tab meanwhile.
    document.addEventListener('visibilitychange', this.lookAgain);
    dialog.showModal();
    await this.goOn();
  }

  lookAgain = () => {
    const waits = this.step === 'summary' && !this.busy && obstacleOf(this.facts);
    if (waits && document.visibilityState === 'visible') void this.goOn();
  };

  /** The video's picture, with a watermark where it will have one. @param {boolean} [watermark] */
  async showPoster(watermark) {
    const blob = await this.studio.engine.poster(watermark);
    if (!blob || !this.isConnected) return;
    if (this.poster) URL.revokeObjectURL(this.poster);
    this.poster = URL.createObjectURL(blob);
    this.requestUpdate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.lookAgain);
    clearTimeout(this.timer);
    forget();
    this.stopping.abort();
    if (this.poster) URL.revokeObjectURL(this.poster);
  }

  get dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
  }

  /** The next thing that is missing. A service that is away is asked again. */
  async goOn() {
    clearTimeout(this.timer);
    try {
      await session.restore();
      // A service that was away has not said who this is: this call finds out.
      if (session.state !== 'signed-out') this.profile = await profile();
      await this.showNext();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isTemporary) {
        if (session.state === 'signed-out') this.show('register');
        else this.fail(error);
        return;
      }
      this.fail(error);
      this.askAgain();
    }
  }

  async showNext() {
    if (this.step === 'upload') return;
    if (session.state === 'signed-out' || !this.profile) {
      await this.showPriceOrForm();
      return;
    }
    this.problem = null;
    if (!this.profile.email_verified) {
      this.show('confirm');
      remember(this.purpose);
      this.askAgain();
      return;
    }
    forget();
    void this.studio.learnPlan();
    if (this.purpose === 'save') {
      if (this.studio.missingPictures.length) this.show('summary');
      else void this.keepProject();
      return;
    }
    this.show('summary');
    await this.learn();
  }

  /** To a visitor without an account, a render that costs something shows its price before the form. */
  async showPriceOrForm() {
    try {
      if (this.purpose === 'render') await this.learn();
    } catch (error) {
      // Without the price, the form: the order says it again.
      if (!(error instanceof ApiError)) throw error;
    }
    this.show(obstacleOf(this.facts) ? 'summary' : 'register');
  }

  /** @param {string} wish such as "get Pro" */
  askForAccount(wish) {
    this.wish = wish;
    this.show('register');
  }

  askAgain() {
    if (this.isConnected) this.timer = window.setTimeout(() => void this.goOn(), ASK_MS);
  }

  /** What the render will be, and who pays for it. */
  async learn() {
    const {song, store} = this.studio;
    if (!song) return;
    if (!this.poster) void this.showPoster();
    this.facts = await estimate(estimatedSettings(store.draft), {durationS: song.durationS, bytes: song.file.size});
    this.requestUpdate();
    void this.showPoster(this.facts.watermark);
  }

  /** @param {Step} step */
  show(step) {
    this.busy = false;
    if (this.step !== step) this.problem = null;
    const form = this.querySelector('form');
    if (form) clearProblems(form);
    this.step = step;
  }

  /** @param {unknown} error */
  fail(error) {
    this.busy = false;
    if (!(error instanceof ApiError)) throw error;
    this.problem = error;
  }

  /** @param {import('lit').PropertyValues} changed */
  updated(changed) {
    this.moveFocus(changed);
    const form = this.querySelector('form');
    if (!form || form.dataset.ready) return;
    form.dataset.ready = 'yes';
    onSubmit(form, async ({email = '', password = ''}) => {
      this.second = this.step === 'register' ? await session.register({email, password}) : await session.signIn(email, password);
      if (this.second) this.show('second-factor');
      else await this.goOn();
    });
  }

  /** @param {object} proof */
  async proveItself(proof) {
    await this.second?.send(proof);
    await this.goOn();
  }

  /** What had the focus may be gone with the step before. @param {import('lit').PropertyValues} changed */
  moveFocus(changed) {
    const isLost = document.activeElement === document.body || document.activeElement === this.dialog;
    if (this.busy || !(isLost || changed.has('step') || changed.has('busy'))) return;
    /** @type {HTMLElement | null} */ (this.querySelector('[autofocus]') ?? this.querySelector('h2'))?.focus();
  }

  /** @param {'credit' | null} [payWith] a render that was bought; otherwise the plan where it can */
  async make(payWith = null) {
    const {studio} = this;
    const song = studio.song;
    if (!song) return;
    this.show('upload');
    this.stopping = new AbortController();
    try {
      const order = await orderOf(this, song.file);
      this.note = 'Ordering the render';
      // Another payer is another order, and needs another key.
      const job = await again(this, () => submit({...order, payWith}, payWith ? `${this.key}-${payWith}` : this.key));
      if (this.stopping.signal.aborted) await this.takeBack(job.id);
      await studio.noteRendered();
      location.assign(`/render/${job.id}`);
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Cancel a render that was ordered while the visitor cancelled. @param {string} id */
  async takeBack(id) {
    // Else the next order would be answered with this render.
    this.key = crypto.randomUUID();
    await cancelRender(id);
    this.stopping.signal.throwIfAborted();
  }

  /** Give the video the size that is included. @param {number} pixels of the shorter side */
  setSize(pixels) {
    const {store, settings} = this.studio;
    const {output} = settings;
    store.change(`Size ${pixels}p`, (draft) => (draft.output = {...output, ...frameOf(shapeOf(output) ?? SHAPES[0], pixels)}));
  }

  /** @param {number} pixels as for `setSize` */
  enlarge(pixels) {
    this.setSize(pixels);
    this.facts = null;
    void this.goOn();
  }

  async keepProject() {
    const {studio} = this;
    const song = studio.song;
    if (!song) return;
    this.show('upload');
    this.stopping = new AbortController();
    try {
      const {uploadId, settings} = await orderOf(this, song.file);
      this.note = 'Saving';
      await again(this, () => studio.project.create(this.projectId, uploadId, settings, this.stopping.signal, this.isCopy));
      this.dialog.close();
      toast(this.isCopy ? `You go on in “${isolated(studio.name)}”. The other one stays as it is.` : 'Saved in My videos. What you change from now on is saved by itself.');
    } catch (error) {
      this.refuse(error);
    }
  }

  /** @param {unknown} error */
  refuse(error) {
    if (this.stopping.signal.aborted) {
      if (this.purpose === 'save') this.dialog.close();
      else this.beginAgain();
      return;
    }
    // What was uploaded is not kept for ever: the next try sends it again.
    if (error instanceof ApiError && [404, 410].includes(error.status)) this.studio.engine.uploads.forget();
    if (!(error instanceof ApiError || error instanceof PartError)) throw error;
    this.show('refused');
    this.problem = error;
    // Another order needs another key.
    this.key = crypto.randomUUID();
  }

  beginAgain() {
    this.show('summary');
    void this.goOn();
  }

  stopUpload() {
    this.stopping.abort();
  }

  async payOnce() {
    const {song} = this.studio;
    if (!song) return;
    this.show('upload');
    await this.pay(async () => {
      const order = await orderOf(this, song.file);
      this.note = 'Opening the payment page';
      // Whoever comes back from there is known to have this song on the server.
      await this.studio.keepNow();
      return checkoutFor(order);
    });
  }

  /** Buy a first plan; back in the studio, this dialog opens again. @param {string} name */
  async subscribe(name) {
    this.busy = true;
    await this.pay(async () => {
      const page = await checkoutForPlan(name);
      remember('render');
      return page;
    });
  }

  /** @param {() => Promise<string>} open opens a payment page and returns its address */
  async pay(open) {
    const stopping = (this.stopping = new AbortController());
    try {
      const page = await open();
      // Whoever has cancelled or closed the dialog meanwhile stays here.
      stopping.signal.throwIfAborted();
      location.assign(page);
    } catch (error) {
      this.refuse(error);
    }
  }

  render() {
    return html`<dialog class="dialog render-dialog" aria-labelledby="render-title">
      <button class="icon close" type="button" aria-label="Close" @click=${() => this.dialog.close()}>×</button>
      ${stepOf(this)}
    </dialog>`;
  }

  async sendAgain() {
    try {
      this.note = (await sendConfirmation()).message;
    } catch (error) {
      this.fail(error);
    }
  }

  goBack() {
    if (obstacleOf(this.facts)) this.studio.tab = 'output';
    this.dialog.close();
  }
}

customElements.define('oriel-render-dialog', RenderDialog);
