// Waiting, until somebody has no more patience.

/**
 * Wait before something is tried again; less where the browser is online again before.
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>} rejects with the signal's reason
 */
export function pause(ms, signal) {
  return new Promise((done, fail) => {
    signal.throwIfAborted();
    const settled = new AbortController();
    const settle = (/** @type {() => void} */ end) => {
      clearTimeout(timer);
      settled.abort();
      end();
    };
    const timer = setTimeout(() => settle(done), ms);
    const once = {once: true, signal: settled.signal};
    signal.addEventListener('abort', () => settle(() => fail(signal.reason)), once);
    globalThis.addEventListener?.('online', () => settle(done), once);
  });
}
