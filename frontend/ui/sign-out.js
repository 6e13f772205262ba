// Signing out, by a button of any page.
import {ApiError} from '../lib/api-error.js';
import {session} from '../lib/session.js';
import {toast} from './toast.js';

/** End the session, or say that it goes on. */
export async function signOut() {
  try {
    await session.signOut();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast('We could not sign you out, so you are still signed in here. Check your connection and try again.');
  }
}
