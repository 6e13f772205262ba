// Passkeys: what the browser's own dialogs for them return, as JSON, and why they returned nothing.
import {ApiError} from './api-error.js';

const SENTENCES = /** @type {Record<string, string>} */ ({
  NotAllowedError: 'That was cancelled, or it took too long. Please try again.',
  InvalidStateError: 'This device already has a passkey for your account.',
});
const OTHER_ADDRESS = 'Passkeys do not work at this address. Open this page at its usual address.';
const IP_ADDRESS = /^(\[.*\]|\d+(\.\d+){3})$/;
const THIS_MACHINE = /^(\[::1\]|127(\.\d+){3})$/;

/** Whether this browser can use passkeys, here. */
export const knowsPasskeys = () =>
  typeof PublicKeyCredential === 'function' && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

/**
 * Why there can be no passkeys at an address, and the same page at one where there can; null where the host has a name.
 * @param {URL | Location} at
 */
export function addressTrouble({hostname, port, protocol, pathname}) {
  if (!IP_ADDRESS.test(hostname)) return null;
  const sentence = 'Passkeys need a name in the address of this page, and this is an IP address.';
  return {sentence, url: THIS_MACHINE.test(hostname) ? `${protocol}//localhost${port && `:${port}`}${pathname}` : null};
}

/**
 * Let the browser make a passkey.
 * @param {Record<string, unknown>} options from the service
 * @returns {Promise<any>} for the service
 * @throws {ApiError}
 */
export function makePasskey(options) {
  return asJson(async () => navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(/** @type {any} */ (options))}));
}

/**
 * Let the browser sign with a passkey.
 * @param {Record<string, unknown>} options from the service
 * @returns {Promise<any>} for the service
 * @throws {ApiError}
 */
export function usePasskey(options) {
  return asJson(async () => navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(/** @type {any} */ (options))}));
}

/** @param {() => Promise<Credential | null>} ask */
async function asJson(ask) {
  try {
    return /** @type {PublicKeyCredential} */ (await ask()).toJSON();
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    throw new ApiError(400, {code: 'PASSKEY_FAILED', message: sentenceFor(name) ?? 'Your browser could not use a passkey. Please try again.', details: {}});
  }
}

/** @param {string} name of the browser's error */
function sentenceFor(name) {
  if (name !== 'SecurityError') return SENTENCES[name];
  const trouble = addressTrouble(location);
  if (!trouble) return OTHER_ADDRESS;
  return trouble.url ? `${trouble.sentence} Open ${trouble.url} instead.` : trouble.sentence;
}
