// Sending a file to the service: with progress, to be cancelled, and tried again when the connection is lost.
import {part} from './part.js';
import {pause} from './pause.js';
import {ApiError, credentials, errorBody} from './api.js';

const WAITS_MS = [1000, 2000, 4000, 8000, 15_000];
const TRIES = 8;

/**
 * @typedef {import('./api-schema.js').components['schemas']['UploadOut']} Upload
 *
 * @typedef {object} UploadOptions
 * @property {'audio' | 'picture'} field
 * @property {AbortSignal} signal
 * @property {(sent: number, total: number) => void} progress bytes
 * @property {(error: ApiError | null, waitMs: number) => void} trouble told of a lost connection, and of its end
 * @property {string} [path] where it is sent, if not among the visitor's own uploads
 * @property {'POST' | 'PUT'} [method]
 */

/** From here on a song is sent in pieces, and goes on where it was after the connection broke, or the page was closed. */
const IN_PIECES_FROM = 50_000_000;

/**
 * Send a file and return its id.
 * @param {File} file
 * @param {UploadOptions} options
 * @returns {Promise<string>}
 * @throws {ApiError} a refusal; an AbortError where the visitor cancels; a PartError
 */
export async function upload(file, options) {
  if (options.field === 'audio' && file.size > IN_PIECES_FROM) {
    const {uploadInPieces} = await part(import('./upload-pieces.js'));
    return uploadInPieces(file, options);
  }
  const {id} = await uploadWhole(file, options);
  return id;
}

/**
 * @param {File} file
 * @param {UploadOptions} options
 * @returns {Promise<Upload>}
 */
async function uploadWhole(file, options) {
  for (let failures = 0; ; failures++) {
    try {
      const answer = await send(file, options);
      if (failures) options.trouble(null, 0);
      return answer;
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isTemporary || failures + 1 >= TRIES) throw error;
      const wait = Math.max(WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] ?? 0, 1000 * (error.retryAfterS ?? 0));
      options.trouble(error, wait);
      await pause(wait, options.signal);
    }
  }
}

/**
 * By XMLHttpRequest: fetch tells nothing about what has been sent.
 * @param {File} file
 * @param {UploadOptions} options
 * @returns {Promise<Upload>}
 */
async function send(file, {field, signal, progress, path = '/api/uploads', method = 'POST'}) {
  const token = await credentials.token();
  signal.throwIfAborted();
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const form = new FormData();
    form.append(field, file, file.name);
    request.open(method, path);
    request.responseType = 'json';
    if (token) request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.upload.onprogress = ({loaded, total}) => progress(Math.min(loaded, file.size), Math.min(total, file.size));
    request.onload = () => {
      if (request.status < 300) done(request.response);
      else fail(new ApiError(request.status, errorBody(request.response, request.status), Number(request.getResponseHeader('Retry-After')) || null));
    };
    request.onerror = () => fail(new ApiError(0, errorBody({error: {code: 'UNREACHABLE', message: 'The connection was lost.'}}, 0)));
    request.onabort = () => fail(signal.reason);
    request.onloadend = () => signal.removeEventListener('abort', stop);
    signal.addEventListener('abort', stop);
    request.send(form);
  });
}
