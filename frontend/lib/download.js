// Fetching a file of the service: with progress, and to be cancelled.
import {ApiError, credentials, errorBody} from './api.js';

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
  const answer = await fetch(path, {signal, headers: token ? {Authorization: `Bearer ${token}`} : {}}).catch(() => null);
  signal.throwIfAborted();
  if (!answer?.ok || !answer.body) {
    const body = await answer?.json().catch(() => null);
    throw new ApiError(answer?.status ?? 0, errorBody(body, answer?.status ?? 0));
  }
  const total = Number(answer.headers.get('Content-Length')) || 1;
  const parts = [];
  let bytes = 0;
  for (const reader = answer.body.getReader(); ;) {
    const {done, value} = await reader.read();
    if (done) break;
    parts.push(value);
    bytes += value.length;
    progress(Math.min(1, bytes / total));
  }
  return new File(parts, name, {type: answer.headers.get('Content-Type') ?? '', lastModified: 0});
}
