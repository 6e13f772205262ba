// What ends a finished video, or its link. Both are asked about first: neither can be undone.
import {api, said} from '../lib/api.js';
import {ask} from './dialog.js';
import {copyLink} from './share-link.js';
import {toast} from './toast.js';
import {deleteQuestion, nameOf, revokeQuestion} from './video-questions.js';

/** @typedef {import('../lib/api-schema.js').components['schemas']['StatusOut']} RenderStatus */

/**
 * Ask, and delete the video.
 * @param {RenderStatus} render
 * @returns {Promise<RenderStatus | null>} the render without its video; null where the answer is no
 * @throws {import('../lib/api-error.js').ApiError}
 */
export async function deleteVideo(render) {
  if (!(await ask(deleteQuestion(render)))) return null;
  const status = await said(api.DELETE('/api/render/video/{job_id}', {params: {path: {job_id: render.id}}}));
  toast(`“${nameOf(render)}” is deleted.`);
  return status;
}

/**
 * Ask, and replace the link to the video by a new one.
 * @param {RenderStatus} render
 * @returns {Promise<RenderStatus | null>} the render with its new link; null where the answer is no
 * @throws {import('../lib/api-error.js').ApiError}
 */
export async function revokeLink(render) {
  if (!(await ask(revokeQuestion(render)))) return null;
  const status = await said(api.POST('/api/render/revoke-link/{job_id}', {params: {path: {job_id: render.id}}}));
  toast('The old link no longer works.', {label: 'Copy the new link', act: () => void copyLink(status.watch_url ?? '')});
  return status;
}
