// The address of an account that was created a page ago: the next page says where the email to confirm it has gone.

const KEY = 'oriel.registered';

/** @param {string} email */
export function noteRegistered(email) {
  try {
    sessionStorage.setItem(KEY, email);
  } catch {
    // A browser that keeps nothing: Save and Render ask for the confirmation anyway.
  }
}

/** @returns {string} the address; "" where there is none, and from the second call on */
export function takeRegistered() {
  try {
    const email = sessionStorage.getItem(KEY) ?? '';
    sessionStorage.removeItem(KEY);
    return email;
  } catch {
    return '';
  }
}
