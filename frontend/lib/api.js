// Calls to our API, typed by its own OpenAPI document (`make api-types` writes api-schema.d.ts from it).
import createClient from 'openapi-fetch';
import {ApiError, errorBody} from './api-error.js';

export {ApiError, errorBody};

/** @typedef {import('./api-schema.js').paths} Paths */

const AWAY = {code: 'UNREACHABLE', message: 'We cannot reach the service. Check your connection; we keep trying.', details: {}};

/** Says which token belongs to a call; the session sets it. */
export const credentials = {
  /** @type {() => Promise<string | null>} */
  token: async () => null,
  /** @type {() => Promise<boolean>} renew the token after a 401; whether that worked */
  renew: async () => false,
};

/**
 * A fetch that adds the token, renews it once when it has run out, and turns a lost connection into an ApiError.
 * @param {Request} request
 */
async function send(request) {
  const again = request.clone();
  const answer = await attempt(request);
  if (answer.status !== 401 || !(await credentials.renew())) return answer;
  return attempt(again);
}

/** @param {Request} request */
async function attempt(request) {
  const token = await credentials.token();
  if (token) request.headers.set('Authorization', `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ApiError(0, AWAY);
  }
}

/** @type {import('openapi-fetch').Client<Paths>} */
export const api = createClient({baseUrl: location.origin, fetch: send});

/**
 * The answer's data, or an ApiError: `const profile = await said(api.GET('/api/user/profile'))`.
 * @template T
 * @param {Promise<{data?: T, error?: unknown, response: Response}>} call
 * @returns {Promise<T>}
 */
export async function said(call) {
  const {data, error, response} = await call;
  if (response.ok) return /** @type {T} */ (data);
  throw new ApiError(response.status, errorBody(error, response.status), retryAfter(response));
}

/** @param {Response} response */
function retryAfter(response) {
  const seconds = Number(response.headers.get('Retry-After'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}
