// What a visitor wanted when we asked them to confirm their address: the link in the email may open in this very tab.

const KEY = 'oriel.unconfirmed';
const REMEMBERED_MS = 60 * 60_000;

/** @typedef {'render' | 'save'} Purpose */

/** @param {Purpose} purpose */
export function remember(purpose) {
  try {
    localStorage.setItem(KEY, JSON.stringify({purpose, at: Date.now()}));
  } catch {
    // A browser that keeps nothing: the visitor presses the button again.
  }
}

export function forget() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

/** @returns {Purpose | null} what was wanted within the last hour; a second call returns nothing */
export function takeRemembered() {
  try {
    const {purpose, at} = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    forget();
    return Date.now() - at < REMEMBERED_MS && (purpose === 'render' || purpose === 'save') ? purpose : null;
  } catch {
    return null;
  }
}
