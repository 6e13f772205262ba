// The address of an account that was created a page ago: the next page says where the email to confirm it has gone.

const NEXT_PAGE_MS = 60_000;
const KEY = 'oriel.registered';

/** @param {string} email */
export function noteRegistered(email) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({email, at: Date.now()}));
  } catch {
    // A browser that keeps nothing: Save and Render ask for the confirmation anyway.
  }
}

/** @returns {string} the address; "" where no account was created a moment ago, and from the second call on */
export function takeRegistered() {
  try {
    const {email = '', at = 0} = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    sessionStorage.removeItem(KEY);
    return Date.now() - at < NEXT_PAGE_MS ? email : '';
  } catch {
    return '';
  }
}
