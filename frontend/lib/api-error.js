// What the service says when a call fails.

/** @typedef {{code: string, message: string, details: Record<string, unknown>}} ErrorBody */

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
