// For pages of customers: whoever is not signed in is asked to, and comes back.
import {session} from '../lib/session.js';

/** @returns {Promise<boolean>} false where the page is being left */
export async function signedIn() {
  await session.restore();
  if (session.state === 'signed-out') {
    location.replace(loginPage());
    return false;
  }
  session.addEventListener('change', leave);
  return true;
}

/** Whoever has signed out goes to the start; a session that has ended by itself is begun again. */
function leave() {
  if (session.state === 'signed-out') location.replace(session.hasSignedOut ? '/' : loginPage());
}

/** The login, which leads back here. */
function loginPage() {
  return `/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`;
}
