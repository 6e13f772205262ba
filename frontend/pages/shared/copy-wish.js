// A copy that was asked for before signing in. It is kept in this tab alone: no address may make a copy unasked.

const KEY = 'oriel.copy';
/** Whoever needs longer to sign in has perhaps given up, and presses again. */
const KEPT_MS = 15 * 60_000;

/** Remember that a copy of this page's project is wanted. */
export function rememberCopy() {
  sessionStorage.setItem(KEY, JSON.stringify({path: location.pathname, at: Date.now()}));
}

/** Whether a copy of this page's project was asked for a short while ago. It is forgotten: coming back without signing in gives it up. */
export function takeCopy() {
  const stored = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const {path, at} = read(stored);
  return path === location.pathname && Date.now() - at < KEPT_MS;
}

/** @param {string | null} stored @returns {{path?: string, at: number}} */
function read(stored) {
  try {
    return JSON.parse(stored ?? '') ?? {at: 0};
  } catch {
    // A version before kept the path alone.
    return {at: 0};
  }
}
