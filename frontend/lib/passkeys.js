// Passkeys: what the browser's own dialogs for them return, as JSON, and why they returned nothing.
import {ApiError} from './api-error.js';

const SENTENCES = /** @type {Record<string, string>} */ ({
  NotAllowedError: 'That was cancelled, or it took too long. Please try again.',
  InvalidStateError: 'This device already has a passkey for your account.',
  SecurityError: 'Passkeys do not work at this address. Open this page at its usual address.',
});

/** Whether this browser can use passkeys, here. */
export const knowsPasskeys = () =>
  typeof PublicKeyCredential === 'function' && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

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
    throw new ApiError(400, {code: 'PASSKEY_FAILED', message: SENTENCES[name] ?? 'Your browser could not use a passkey. Please try again.', details: {}});
  }
}
