// Large songs by the tus protocol: what has arrived stays there, and the rest follows when the connection is back.
import {Upload} from 'tus-js-client';
import {ApiError, credentials, errorBody} from './api.js';

const WAITS_MS = [1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000];

/**
 * @param {File} file
 * @param {import('./upload.js').UploadOptions} options
 * @returns {Promise<string>} the upload's id
 */
export function uploadInPieces(file, {signal, progress, trouble}) {
  return new Promise((done, fail) => {
    let id = '';
    let tries = 0;
    const sending = new Upload(file, {
      endpoint: '/api/uploads/resumable',
      metadata: {filename: file.name},
      retryDelays: WAITS_MS,
      removeFingerprintOnSuccess: true,
      async onBeforeRequest(request) {
        const token = await credentials.token();
        if (token) request.setHeader('Authorization', `Bearer ${token}`);
      },
      onAfterResponse(_, response) {
        id = response.getHeader('X-Upload-Id') ?? id;
        if (tries && response.getStatus() < 300) trouble(null, 0);
        if (response.getStatus() < 300) tries = 0;
      },
      onProgress: progress,
      onShouldRetry(error) {
        const status = statusOf(error);
        const again = status === 0 || status === 401 || status === 409 || status === 423 || status === 429 || status >= 500;
        if (again) trouble(errorOf(error), WAITS_MS[Math.min(tries++, WAITS_MS.length - 1)] ?? 0);
        return again;
      },
      onError: (error) => fail(errorOf(error)),
      onSuccess: () => done(id),
    });
    signal.addEventListener('abort', () => {
      // Also at the service, which keeps five unfinished ones at most.
      void sending.abort(true).catch(() => {});
      fail(signal.reason);
    }, {once: true});
    void sending.findPreviousUploads().then(([previous]) => {
      if (previous) sending.resumeFromPreviousUpload(previous);
      if (!signal.aborted) sending.start();
    });
  });
}

/** @param {Error} error */
function statusOf(error) {
  const {originalResponse} = /** @type {{originalResponse?: {getStatus: () => number} | null}} */ (error);
  return originalResponse?.getStatus() ?? 0;
}

/** @param {Error} error */
function errorOf(error) {
  const {originalResponse} = /** @type {{originalResponse?: {getBody: () => string} | null}} */ (error);
  if (!originalResponse) return new ApiError(0, errorBody({error: {code: 'UNREACHABLE', message: 'The connection was lost.'}}, 0));
  const status = statusOf(error);
  try {
    return new ApiError(status, errorBody(JSON.parse(originalResponse.getBody()), status));
  } catch {
    return new ApiError(status, errorBody(null, status));
  }
}
