// Fetching a file of the service: with progress, and to be cancelled.
import {ApiError, credentials, errorBody} from './api.js';

const LOST = {code: 'UNREACHABLE', message: 'The connection was lost. Please try again.', details: {}};

/**
 * @param {string} path
 * @param {string} name what the file is called from now on
 * @param {AbortSignal} signal
 * @param {(part: number) => void} [progress] 0..1
 * @returns {Promise<File>}
 * @throws {ApiError}
 */
export async function fetchFile(path, name, signal, progress = () => {}) {
  const token = await credentials.token();
  const answer = await fetch(path, {signal, headers: token ? {Authorization: `Bearer ${token}`} : {}}).catch(() => lost(signal));
  if (!answer.ok || !answer.body) throw new ApiError(answer.status, errorBody(await answer.json().catch(() => null), answer.status));
  const total = Number(answer.headers.get('Content-Length')) || 1;
  const parts = [];
  let bytes = 0;
  for (const reader = answer.body.getReader(); ;) {
    const {done, value} = await reader.read().catch(() => lost(signal));
    if (done) break;
    parts.push(value);
    bytes += value.length;
    progress(Math.min(1, bytes / total));
  }
  return new File(parts, name, {type: answer.headers.get('Content-Type') ?? '', lastModified: 0});
}

/** @param {AbortSignal} signal @returns {never} */
function lost(signal) {
  signal.throwIfAborted();
  throw new ApiError(0, LOST);
}
