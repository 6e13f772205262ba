// The page of one render: how far it is, and the finished video.
import '../../ui/header.js';
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {session} from '../../lib/session.js';
import {hasEnded, watchRender} from '../../lib/watch.js';
import {date, percent} from '../../lib/words.js';
import {ask} from '../../ui/dialog.js';
import {signedIn} from '../../ui/signed-in.js';
import {canShare, copyLink, shareLink} from '../../ui/share-link.js';
import {toast} from '../../ui/toast.js';
import {deleteVideo, revokeLink} from '../../ui/video-actions.js';
import {orderAgain} from './order-again.js';
import {factsOf, headline, isUpright, remaining, shapeOf, stageOf} from './render-words.js';

/** @typedef {import('../../lib/watch.js').RenderStatus} RenderStatus */

const ID = location.pathname.split('/').pop() ?? '';

class RenderPage extends LitElement {
  static properties = {
    status: {attribute: false},
    trouble: {attribute: false},
    busy: {attribute: false},
  };

  constructor() {
    super();
    /** @type {RenderStatus | null} */
    this.status = null;
    /** @type {ApiError | null} */
    this.trouble = null;
    this.busy = false;
    /** Whether its owner wants an email about it. */
    this.isMailed = true;
    /** Aborts when the render has ended and can no longer be cancelled. */
    this.tooLate = new AbortController();
  }

  createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  async connectedCallback() {
    super.connectedCallback();
    if (!(await signedIn())) return;
    void this.learnMails();
    this.stop = watchRender(ID, {
      status: (status) => this.hear(status),
      trouble: (error) => (this.trouble = error),
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop?.();
  }

  async learnMails() {
    const topics = await said(api.GET('/api/user/notifications')).catch(() => null);
    this.isMailed = topics?.items.find(({topic}) => topic === 'ready')?.is_on ?? true;
    this.requestUpdate();
  }

  /** @param {RenderStatus} status */
  hear(status) {
    // The socket may overtake an answer that says less; and whoever follows a render stops at its end.
    if (this.status && hasEnded(this.status) && !hasEnded(status)) return;
    const wasUnderWay = this.status !== null && !hasEnded(this.status);
    this.status = status;
    this.trouble = null;
    document.title = `${headline(status)} · Oriel`;
    if (wasUnderWay && hasEnded(status)) {
      this.tooLate.abort();
      notify(status);
    }
  }

  render() {
    const {status, trouble} = this;
    if (trouble && !trouble.isTemporary) return this.missing(trouble);
    if (!status) {
      return html`<div class="loading">
        <div class="skeleton screen"></div>
        <p class="quiet" role="status">${trouble ? trouble.message : 'Loading…'}</p>
      </div>`;
    }
    return html`
      ${trouble ? html`<p class="notice" role="status">${trouble.message}</p>` : nothing}
      ${status.status === 'completed' ? this.done(status) : hasEnded(status) ? this.ended(status) : this.underWay(status)}
    `;
  }

  /** @param {ApiError} trouble */
  missing(trouble) {
    const isMissing = trouble.status === 404;
    return html`<div class="empty">
      <h1>${isMissing ? 'There is no such render' : 'This did not work'}</h1>
      <p>${isMissing ? `It may belong to another account. You are signed in as ${session.user?.email ?? 'someone else'}.` : trouble.message}</p>
      <a class="button main" href="/studio">Open the studio</a>
    </div>`;
  }

  /** @param {RenderStatus} status */
  underWay(status) {
    const done = percent(status.progress);
    return html`<section class="show under-way" .style=${shapeOf(status)}>
      <div class="screen ${isUpright(status) ? 'upright' : ''}">${picture(status) ?? html`<p class="still-dark">The first frame appears here soon.</p>`}</div>
      <div class="facts">
        ${title(status)}
        <div class="progress">
          <div class="line">
            <span role="status">${stageOf(status)}</span>
            <span class="number">${status.status === 'queued' ? nothing : done}</span>
          </div>
          <div class="meter" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.floor(100 * status.progress)}>
            <span .style=${`transform:scaleX(${status.progress})`}></span>
          </div>
          <p class="quiet">${remaining(status)}</p>
        </div>
        ${status.paid_with === 'credit' ? html`<p>Paid for, thank you: without a watermark.</p>` : nothing}
        <p class="quiet">You can close this page. ${this.isMailed ? 'We will email you when the video is ready.' : 'The video will be in My videos when it is ready.'}</p>
        <div class="actions">
          <button class="button" ?disabled=${status.cancel_requested || this.busy} @click=${this.cancel}>
            ${status.cancel_requested ? 'Cancelling…' : 'Cancel'}
          </button>
          ${canNotify() ? html`<button class="button plain" @click=${() => this.allowNotices()}>Notify me in this browser</button>` : nothing}
        </div>
      </div>
    </section>`;
  }

  /** @param {RenderStatus} status */
  done(status) {
    if (!status.video_url) return this.gone(status);
    return html`<section class="show" .style=${shapeOf(status)}>
      <div class="screen ${isUpright(status) ? 'upright' : ''}">${isForEditing(status) ? picture(status) : html`<video controls playsinline preload=${posterOf(status) ? 'none' : 'metadata'} src=${this.source(status)} poster=${posterOf(status) ?? nothing} @error=${() => this.lookAgain(status)}></video>`}</div>
      <div class="facts">
        ${title(status)}
        <p>Your video is ready. <span class="quiet">${factsOf(status)}</span></p>
        ${warnings(status)}
        ${isForEditing(status) ? html`<p class="notice">This video has a transparent background, for editing. This browser cannot play it: download it, and open it in your editor.</p>` : nothing}
        <div class="actions">
          <a class="button main large" href=${status.video_url} download>Download</a>
          ${canShare() ? html`<button class="button large" @click=${() => shareLink(status.watch_url ?? '', status.title || status.filename)}>Share</button>` : nothing}
          <button class="button large" @click=${() => copyLink(status.watch_url ?? '')}>Copy link</button>
          <a class="button large" href="/studio?render=${status.id}">Change and render again</a>
        </div>
        <p class="quiet">
          Anyone with the link can watch and download the video. ${status.expires_at ? `It is kept until ${date(status.expires_at)}.` : ''}
          ${status.watermark ? html`This video has a small watermark. <a href="/studio?render=${status.id}&order=no-watermark">Render it without one</a>` : nothing}
        </p>
        <div class="row flush">
          <button class="button plain" type="button" @click=${() => this.replaceLink(status)}>Revoke link</button>
          <button class="button plain danger" type="button" @click=${() => this.removeVideo(status)}>Delete video</button>
        </div>
      </div>
    </section>`;
  }

  /** @param {RenderStatus} status */
  source({video_url: url}) {
    // Of this origin where it can be: behind another address of the same service, the link's own would be a foreign one.
    return url ? new URL(url).pathname : '';
  }

  /** Its video does not play: the link may be revoked, or the video deleted, since the page was opened. @param {RenderStatus} status */
  async lookAgain(status) {
    await this.attempt(async () => {
      const now = await said(api.GET('/api/render/status/{job_id}', {params: {path: {job_id: ID}}}));
      this.hear(now);
      if (!now.video_url) return;
      toast(now.video_url === status.video_url ? 'The video could not be loaded. Check your connection and reload this page.' : 'The link of this video was replaced. It plays by the new one now.');
    });
  }

  /** @param {RenderStatus} status */
  gone(status) {
    return html`<div class="empty">
      <h1 tabindex="-1">This video is gone</h1>
      <p>“<bdi>${status.title || status.filename}</bdi>” was deleted or has expired. Its settings are still there, so you can render it again.</p>
      <div class="actions">
        <a class="button main" href="/studio?render=${status.id}">Change and render again</a>
        <a class="button" href="/dashboard?tab=renders">All my videos</a>
      </div>
    </div>`;
  }

  /** @param {RenderStatus} status */
  ended(status) {
    const cancelled = status.status === 'cancelled';
    return html`<div class="empty">
      <h1>${cancelled ? 'You cancelled this render' : 'This video could not be made'}</h1>
      ${cancelled ? nothing : html`<p>${status.error?.message ?? 'Something went wrong on our side.'}</p>`}
      <p class="quiet">${status.counted ? 'It counts as one of your renders.' : 'It does not count as one of your renders.'}</p>
      <div class="actions">${cancelled || status.error?.retryable ? this.again(status) : html`<a class="button main" href=${inStudio(status)}>${remedyOf(status)}</a>`}</div>
    </div>`;
  }

  /** @param {RenderStatus} status */
  again(status) {
    return html`
      <button class="button main" ?disabled=${this.busy} @click=${() => this.tryAgain(status)}>${status.status === 'cancelled' ? 'Render it again' : 'Try again'}</button>
      <a class="button" href=${inStudio(status)}>Change the settings</a>`;
  }

  /** @param {RenderStatus} status */
  async tryAgain(status) {
    this.busy = true;
    try {
      const address = await orderAgain(status);
      if (address) location.assign(address);
      else await this.comeBack();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // The song is gone by now: the studio has all the rest, and asks for it.
      if ([404, 410].includes(error.status)) location.assign(inStudio(status));
      toast(error.message);
      this.busy = false;
    }
  }

  /** To the button that was pressed: it had no focus to give back while it was disabled. */
  async comeBack() {
    this.busy = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector('.actions .main'))?.focus();
  }

  async cancel() {
    const begun = this.status?.counts_if_cancelled;
    this.tooLate = new AbortController();
    const sure = await ask({
      title: 'Cancel this render?',
      text: begun
        ? 'Frames have been drawn already, so it counts as one of your renders.'
        : 'Until the first frame is drawn, it does not count as one of your renders.',
      yes: 'Cancel the render', no: 'Keep going', danger: true, signal: this.tooLate.signal,
    });
    if (!sure) return;
    await this.attempt(async () => this.hear(await said(api.POST('/api/render/cancel/{job_id}', {params: {path: {job_id: ID}}}))));
  }

  /** @param {RenderStatus} status */
  async removeVideo(status) {
    await this.attempt(async () => {
      const gone = await deleteVideo(status);
      if (!gone) return;
      this.hear(gone);
      await this.updateComplete;
      this.querySelector('h1')?.focus();
    });
  }

  /** @param {RenderStatus} status */
  async replaceLink(status) {
    await this.attempt(async () => {
      const renewed = await revokeLink(status);
      if (renewed) this.hear(renewed);
    });
  }

  /** @param {() => Promise<void> | void} act */
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

  async allowNotices() {
    await Notification.requestPermission();
    this.requestUpdate();
  }
}

/** @param {RenderStatus} status */
const inStudio = ({id}) => `/studio?render=${id}`;

/** What helps where the same order would fail again. @param {RenderStatus} status */
function remedyOf({error, upload_id: song}) {
  const lost = error?.details.upload;
  if (!lost) return 'Change it in the studio';
  return lost === song ? 'Choose the song again' : 'Choose the picture again';
}

/** Whether it cannot be watched here. @param {RenderStatus} status */
const isForEditing = ({settings}) => settings.output.format === 'mov' && !document.createElement('video').canPlayType('video/quicktime');

/** @param {RenderStatus} status */
function title({title: name, artist, filename}) {
  return html`<div class="title"><h1 dir="auto">${name || filename}</h1>${artist ? html`<p class="quiet" dir="auto">${artist}</p>` : nothing}</div>`;
}

/** @param {RenderStatus} status */
function picture(status) {
  const poster = posterOf(status);
  return poster ? html`<img src=${poster} alt="A frame of the video">` : null;
}

/** @param {RenderStatus} status */
function posterOf(status) {
  return status.poster_url;
}

/** @param {RenderStatus} status */
function warnings({warnings: sentences}) {
  return sentences.length ? html`<ul class="notice warnings">${sentences.map((each) => html`<li>${each}</li>`)}</ul>` : nothing;
}

function canNotify() {
  return 'Notification' in window && Notification.permission === 'default';
}

/** @param {RenderStatus} status */
function notify(status) {
  if (document.visibilityState === 'visible' || !('Notification' in window) || Notification.permission !== 'granted') return;
  const ready = status.status === 'completed';
  new Notification(ready ? 'Your video is ready' : 'Your video could not be made', {body: status.title || status.filename});
}

customElements.define('oriel-render', RenderPage);
