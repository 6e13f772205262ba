// The same song with the same settings once more: today's plan may make another video of it than the first order's.
import {api, said} from '../../lib/api.js';
import {underProject} from '../../lib/project-label.js';
import {askOf} from '../../ui/dialog.js';

/** @typedef {import('../../lib/watch.js').RenderStatus} RenderStatus */

/** @typedef {'order' | 'ask' | 'studio'} Answer ask: it would get a watermark that it did not have; studio: the plan does not pay for it */

/**
 * Order a render again, and return the address of the page that follows; null where the customer wants nothing.
 * @param {RenderStatus} status
 * @returns {Promise<string | null>}
 * @throws {import('../../lib/api-error.js').ApiError} such as 404 and 410, where the song is gone
 */
export async function orderAgain(status) {
  const answer = await changeOf(status);
  if (answer === 'studio') return orderInStudio(status);
  if (answer === 'ask') {
    const choice = await askOf(watermarkQuestion);
    if (choice !== 'order') return choice ? orderInStudio(status) : null;
  }
  return `/render/${(await submit(status)).id}`;
}

/** The order dialog there says what the video will be, and what else can be had. @param {RenderStatus} status */
const orderInStudio = ({id}) => `/studio?render=${id}&order=again`;

/** @type {Parameters<typeof askOf>[0]} */
const watermarkQuestion = {
  title: 'Render it with a watermark?',
  text: 'This video was ordered without a watermark. Your plan has changed since, and today it adds a small one.',
  choices: [['order', 'Render with watermark'], ['studio', 'Other ways'], ['', 'Go back']],
};

/**
 * What the same order would be today. A render that was bought has no watermark and every size, as before.
 * @param {RenderStatus} status
 * @returns {Promise<Answer>}
 */
async function changeOf({paid_with: payer, upload_id: uploadId, settings, watermark}) {
  if (payer === 'credit') return 'order';
  const song = await said(api.GET('/api/uploads/{upload_id}', {params: {path: {upload_id: uploadId}}}));
  const facts = await said(api.POST('/api/render/estimate', {body: {settings, duration_s: song.duration_s ?? 1, song_bytes: song.size_bytes}}));
  if (facts.right !== 'plan') return 'studio';
  return facts.watermark && !watermark ? 'ask' : 'order';
}

/**
 * One key for one order, however often it is pressed or sent. The payer is the one that was asked about: a plan that has
 * changed since must not use up a render that was bought.
 * @param {RenderStatus} status
 */
function submit({id, upload_id: uploadId, project_id: projectId, settings, paid_with: payer}) {
  const params = {header: {'Idempotency-Key': `again-${id}`}};
  return underProject(projectId, (project) => said(api.POST('/api/render/submit', {params, body: {upload_id: uploadId, settings, project_id: project, pay_with: payer}})));
}
