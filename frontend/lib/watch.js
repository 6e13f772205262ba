// How a render is doing, as it happens: over a WebSocket, and by asking again where there is none.
import {ApiError, api, said} from './api.js';

/** @typedef {import('./api-schema.js').components['schemas']['StatusOut']} RenderStatus */

const POLL_MS = 2000;
const AWAY_MS = [1000, 2000, 4000, 8000, 15_000];
// A socket that has opened and says nothing may be dead; the service says something about a running render more often.
const QUIET_MS = 20_000;
const ENDED = ['completed', 'failed', 'cancelled'];

/** @param {RenderStatus} status */
export const hasEnded = ({status}) => ENDED.includes(status);

/**
 * Follow a render to its end.
 * @param {string} id
 * @param {object} told
 * @param {(status: RenderStatus) => void} told.status called with each change
 * @param {(error: ApiError | null) => void} told.trouble called when the service is away, with null when it is back
 * @returns {() => void} stop following
 */
export function watchRender(id, told) {
  const watcher = new Watcher(id, told);
  void watcher.run();
  return () => watcher.stop();
}

class Watcher {
  /** @type {WebSocket | null} */
  #socket = null;
  #stopped = false;
  #ended = false;
  #failures = 0;
  /** @type {() => void} */
  #wake = () => {};

  /**
   * @param {string} id
   * @param {{status: (status: RenderStatus) => void, trouble: (error: ApiError | null) => void}} told
   */
  constructor(id, told) {
    this.id = id;
    this.told = told;
    this.look = () => document.visibilityState === 'visible' && this.#wake();
    document.addEventListener('visibilitychange', this.look);
    addEventListener('online', this.look);
    this.away = () => this.told.trouble(new ApiError(0, {code: 'OFFLINE', message: 'You are offline. Your render goes on, and this page follows when the connection is back.', details: {}}));
    addEventListener('offline', this.away);
  }

  async run() {
    while (!this.#stopped && !this.#ended) {
      await this.#ask();
      if (this.#ended || this.#stopped) break;
      if (!this.#socket && this.#failures === 0) void this.#listen();
      await this.#pause();
    }
    this.stop();
  }

  stop() {
    this.#stopped = true;
    this.#socket?.close();
    this.#wake();
    document.removeEventListener('visibilitychange', this.look);
    removeEventListener('online', this.look);
    removeEventListener('offline', this.away);
  }

  async #ask() {
    try {
      this.#hear(await said(api.GET('/api/render/status/{job_id}', {params: {path: {job_id: this.id}}})));
      if (this.#failures) this.told.trouble(null);
      this.#failures = 0;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.told.trouble(error);
      if (!error.isTemporary) this.#ended = true;
      this.#failures += 1;
      this.retryAfterS = error.retryAfterS;
    }
  }

  /** Wait until it is time to ask: soon without a socket, seldom with one that speaks, later each time it fails. */
  async #pause() {
    const away = AWAY_MS[Math.min(this.#failures, AWAY_MS.length) - 1] ?? 0;
    const wait = this.#failures ? Math.max(away, 1000 * (this.retryAfterS ?? 0)) : this.#socket ? QUIET_MS : POLL_MS;
    await new Promise((done) => {
      const timer = setTimeout(done, wait);
      this.#wake = () => {
        clearTimeout(timer);
        done(undefined);
      };
    });
  }

  async #listen() {
    const ticket = await said(api.POST('/api/render/events/ticket')).catch(() => null);
    if (!ticket || this.#stopped) return;
    const address = new URL('/api/render/events', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    address.searchParams.set('ticket', ticket.ticket);
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onmessage = ({data}) => {
      const news = JSON.parse(data);
      if (news.type === 'render' && news.id === this.id) this.#hear(news);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#wake();
    };
  }

  /** @param {RenderStatus} status */
  #hear(status) {
    this.told.status(status);
    if (hasEnded(status)) {
      this.#ended = true;
      this.#wake();
    }
  }
}
