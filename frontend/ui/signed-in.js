// For pages of customers: whoever is not signed in is asked to, and comes back.
import {session} from '../lib/session.js';

/** @returns {Promise<boolean>} false where the page is being left */
export async function signedIn() {
  await session.restore();
  if (session.state === 'signed-out') {
    location.replace(`/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
    return false;
  }
  session.addEventListener('change', () => session.state === 'signed-out' && location.replace('/'));
  return true;
}
