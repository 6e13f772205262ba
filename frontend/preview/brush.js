// Where a preview's frames are drawn: in a worker, or in the page where the browser cannot draw in workers.
import {PartError, part} from '../lib/part.js';

/**
 * The methods of a painter, wherever it is.
 * @typedef {object} Brush
 * @property {(painting: import('./painter.js').Painting) => Promise<void>} show
 * @property {(frame: number) => Promise<number>} draw
 * @property {(frame: number, options?: import('./painter.js').PosterOptions) => Promise<Blob>} poster
 * @property {() => void} dispose
 */

/**
 * Rejects with a CannotDraw or a PartError, whose message is for the user.
 * @param {HTMLCanvasElement} canvas on no other context yet
 * @returns {Promise<Brush>}
 */
export async function brushFor(canvas) {
  return (await workerBrush(canvas)) ?? pageBrush(canvas);
}

/** @param {HTMLCanvasElement} canvas */
async function pageBrush(canvas) {
  const {Painter} = await part(import('./painter.js'));
  return new Painter(canvas);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Brush | null>} null where workers cannot draw
 */
async function workerBrush(canvas) {
  if (!('transferControlToOffscreen' in canvas) || typeof Worker === 'undefined') return null;
  const remote = new Remote(new Worker(new URL('./preview-worker.js', import.meta.url), {type: 'module'}));
  // A canvas that has been handed over does not come back: the worker is asked first. One that did not load says nothing.
  if (!await remote.call('probe').catch(() => false)) {
    remote.end();
    return null;
  }
  const offscreen = canvas.transferControlToOffscreen();
  await remote.call('open', [offscreen], [offscreen]);
  return {
    show: (painting) => remote.call('show', [painting]),
    draw: (frame) => remote.call('draw', [frame]),
    poster: (frame, options) => remote.call('poster', [frame, options]),
    dispose: () => remote.end(),
  };
}

/** Calls into a worker, and their answers. */
class Remote {
  /** @type {Map<number, {done: (value: any) => void, fail: (error: Error) => void}>} */
  #waiting = new Map();
  #calls = 0;

  /** @param {Worker} worker */
  constructor(worker) {
    this.worker = worker;
    worker.onmessage = ({data: {call, value, error, outdated}}) => {
      const waiting = this.#waiting.get(call);
      this.#waiting.delete(call);
      if (error) waiting?.fail(outdated ? new PartError() : new Error(error));
      else waiting?.done(value);
    };
    worker.onerror = (event) => this.#failAll(new Error(event.message || 'the preview failed to start'));
  }

  /**
   * @param {string} method
   * @param {unknown[]} [args]
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  call(method, args = [], transfer = []) {
    const call = ++this.#calls;
    this.worker.postMessage({call, method, args}, transfer);
    return new Promise((done, fail) => this.#waiting.set(call, {done, fail}));
  }

  end() {
    this.worker.terminate();
    this.#failAll(new Error('the preview is gone'));
  }

  /** @param {Error} error */
  #failAll(error) {
    for (const {fail} of this.#waiting.values()) fail(error);
    this.#waiting.clear();
  }
}
