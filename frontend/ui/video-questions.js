// What is asked before a video is deleted or its link revoked: what ends, and what stays.
import {isolated} from '../lib/words.js';

/** @typedef {import('../lib/api-schema.js').components['schemas']['StatusOut']} RenderStatus */

/** @param {Pick<RenderStatus, 'title' | 'filename' | 'project_id'>} render */
export function deleteQuestion(render) {
  const stays = render.project_id ? 'Your project and the settings of this video stay' : 'The settings of this video stay';
  return {
    title: 'Delete this video?',
    text: `“${nameOf(render)}” is deleted at once, and every link to it stops working. This cannot be undone. ${stays}, so you can render it again. This video still counts as one of your renders.`,
    yes: 'Delete the video', no: 'Keep it', danger: true,
  };
}

/** @param {Pick<RenderStatus, 'title' | 'filename'>} render */
export function revokeQuestion(render) {
  return {
    title: 'Revoke the link?',
    text: `The link to “${nameOf(render)}” stops working at once, for everyone you sent it to and in our emails. This cannot be undone. Your video stays, and gets a new link that only you have.`,
    yes: 'Revoke the link', no: 'Keep it', danger: true,
  };
}

/** @param {Pick<RenderStatus, 'title' | 'filename'>} render */
export const nameOf = ({title, filename}) => isolated(title || filename);
