// Calls to our API, typed by its own OpenAPI document (`make api-types` writes api-schema.d.ts from it).
import createClient from 'openapi-fetch';

/**
 * @typedef {import('./api-schema.js').paths} Paths
 * @typedef {{code: string, message: string, details: Record<string, unknown>}} ErrorBody
 */

/** What the service says when a call fails, or that it cannot be reached. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 where there was no answer
   * @param {ErrorBody} body
   * @param {number | null} retryAfterS
   */
  constructor(status, body, retryAfterS = null) {
    super(body.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = body.code;
    this.details = body.details ?? {};
    this.retryAfterS = retryAfterS;
  }

  /** Whether the same call may succeed a little later. */
  get isTemporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

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

/**
 * @param {unknown} error what came, which a proxy may have written
 * @param {number} status
 * @returns {ErrorBody}
 */
export function errorBody(error, status) {
  const body = /** @type {{error?: Partial<ErrorBody>} | null} */ (typeof error === 'object' ? error : null)?.error;
  if (body && typeof body.message === 'string') return {code: 'ERROR', details: {}, ...body, message: body.message};
  return {code: 'ERROR', message: `Something went wrong on our side (${status}). Please try again in a minute.`, details: {}};
}

/** @param {Response} response */
function retryAfter(response) {
  const seconds = Number(response.headers.get('Retry-After'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}
