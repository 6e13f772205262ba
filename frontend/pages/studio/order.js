// What the render dialog sends: files first, then the order.
import {ApiError} from '../../lib/api.js';
import {pause} from '../../lib/pause.js';
import {upload} from '../../lib/upload.js';
import {withUploads} from './project-pictures.js';

/** @typedef {import('./render-dialog.js').RenderDialog} RenderDialog */

/**
 * Upload what the render needs, and return what to order.
 * @param {RenderDialog} dialog
 * @param {File} songFile
 */
export async function orderOf(dialog, songFile) {
  const {studio} = dialog;
  const uploadId = await studio.engine.uploads.idOf(songFile, () => send(dialog, songFile, 'audio'));
  const settings = await withUploads(studio, (picture) => send(dialog, picture, 'picture'));
  return {uploadId, settings, projectId: studio.project.id || null};
}

/**
 * Upload a file, and show how far it is.
 * @param {RenderDialog} dialog
 * @param {File} file
 * @param {'audio' | 'picture'} field
 */
async function send(dialog, file, field) {
  dialog.note = field === 'audio' ? 'Uploading your song' : 'Uploading your picture';
  dialog.sent = {bytes: 0, total: file.size};
  return upload(file, {
    field, signal: dialog.stopping.signal,
    progress: (bytes, total) => {
      // The connection is back.
      if (bytes) dialog.problem = null;
      dialog.sent = {bytes, total};
    },
    trouble: (error, waitMs) => (dialog.problem = error && new ApiError(0, {code: error.code, message: `${error.message} We try again in ${Math.round(waitMs / 1000)} s.`, details: {}})),
  });
}

/**
 * Ask until there is an answer: the key makes sure that it is one order.
 * @template T
 * @param {RenderDialog} dialog
 * @param {() => Promise<T>} call
 * @returns {Promise<T>}
 */
export async function again(dialog, call) {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isTemporary) throw error;
      dialog.problem = error;
      await pause(Math.max(2000, 1000 * (error.retryAfterS ?? 0)), dialog.stopping.signal);
    }
  }
}

/**
 * What the service is asked for: the draft as it is. Pictures of the visitor's own are named after they were uploaded.
 * @param {import('./store.js').Draft} draft
 * @returns {Record<string, any>}
 */
export function estimatedSettings(draft) {
  const settings = structuredClone(draft);
  if (settings.cover?.source === 'file') settings.cover = {source: 'tags'};
  if (settings.background?.type === 'image') settings.background = {type: 'image', image: 'cover'};
  return settings;
}

/** An id as the service makes them: 26 digits of base 32. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(26)), (byte) => (byte % 32).toString(32)).join('');
}
