// What is done with finished videos from their list.
import {api, said} from '../../lib/api.js';
import {toast} from '../../ui/toast.js';
import {deleteVideo, revokeLink} from '../../ui/video-actions.js';
import {nameOf} from '../../ui/video-questions.js';

/**
 * @typedef {import('./dashboard.js').Dashboard} Dashboard
 * @typedef {import('./dashboard.js').RenderStatus} RenderStatus
 */

/**
 * @param {Dashboard} page
 * @param {RenderStatus} render
 */
export async function removeVideo(page, render) {
  await page.attempt(async () => {
    const status = await deleteVideo(render);
    if (!status) return;
    // A list of videos that can be downloaded has it no more.
    if (page.view.state === 'available') page.renders.change((items) => items.filter(({id}) => id !== render.id));
    else put(page, status);
    void page.learn();
    // The menu is gone with the video.
    await page.moveFocus(`.render .words a[href="/render/${render.id}"]`);
  });
}

/**
 * @param {Dashboard} page
 * @param {RenderStatus} render
 */
export async function replaceLink(page, render) {
  await page.attempt(async () => {
    const status = await revokeLink(render);
    if (status) put(page, status);
  });
}

/**
 * Take a render without a video off the list; a press brings it back.
 * @param {Dashboard} page
 * @param {RenderStatus} render
 */
export async function removeRender(page, render) {
  await page.attempt(async () => {
    const params = {path: {job_id: render.id}};
    await said(api.DELETE('/api/renders/{job_id}', {params}));
    page.renders.change((items) => items.filter(({id}) => id !== render.id));
    toast(`“${nameOf(render)}” is removed from the list.`, {label: 'Undo', act: () => void page.attempt(async () => {
      await said(api.POST('/api/renders/{job_id}/restore', {params}));
      await page.renders.reload();
    })});
  });
}

/**
 * @param {Dashboard} page
 * @param {RenderStatus} status
 */
function put(page, status) {
  page.renders.change((items) => items.map((each) => (each.id === status.id ? status : each)));
}
