// The page that headless Chromium opens: starts the worker that draws, and passes calls on to it.

/**
 * A call that the renderer started and asks after: long work must not hold a DevTools call open.
 * @typedef {{done: boolean, fraction: number, value?: unknown, error?: string}} CallState
 */

const worker = new Worker(new URL('./worker.js', import.meta.url), {type: 'module'});

/** @type {CallState} */
let state = {done: true, fraction: 0};
let calls = 0;

// The ring says that a run of frames is over before the worker does: its word must not be taken for the next call's.
worker.onmessage = (/** @type {MessageEvent<Partial<CallState> & {call: number}>} */ {data: {call, ...news}}) => {
  if (call === calls) state = {...state, ...news};
};
worker.onerror = (/** @type {ErrorEvent} */ event) => {
  state = {done: true, fraction: 0, error: event.message || 'the worker failed to start'};
};

/** What the Python side calls. */
const stage = {
  /**
   * @param {string} method
   * @param {unknown} args
   */
  begin(method, args) {
    state = {done: false, fraction: 0};
    worker.postMessage({call: ++calls, method, args});
  },
  poll: () => state,
};

Object.assign(window, {stage});
