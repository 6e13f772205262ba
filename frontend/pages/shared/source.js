// Where a shared project comes from: a link that anyone may have, or an invitation to the address of an account.
import {api, said} from '../../lib/api.js';

/**
 * @typedef {import('../../lib/api-schema.js').components['schemas']['ProjectOut']} ProjectOut
 * @typedef {import('../../lib/api-schema.js').components['schemas']['SongOut']} Song
 *
 * @typedef {object} SharedProject
 * @property {string} name
 * @property {string} ownerName empty if they have not entered one
 * @property {string} look
 * @property {Record<string, any>} settings
 * @property {Song | null} song null where the visitor hears the example song
 * @property {boolean} canCopy
 * @property {'owner' | 'editor' | 'viewer'} role
 * @property {string | null} picture
 *
 * @typedef {object} Source
 * @property {string} invitedTo the id of the project; "" behind a link
 * @property {() => Promise<SharedProject>} open
 * @property {(uploadId: string) => string} pathOf a file of the project
 * @property {() => Promise<ProjectOut>} copy
 */

/** @param {string} path of the page @returns {Source} */
export function sourceOf(path) {
  const [, kind, key = ''] = path.split('/');
  return kind === 's' ? byLink(key) : byInvitation(key);
}

/** @param {string} token @returns {Source} */
function byLink(token) {
  const params = {path: {token}};
  return {
    invitedTo: '',
    async open() {
      const {name, owner_name: ownerName, look, settings, song, can_copy: canCopy, thumbnail_url: picture} = await said(api.GET('/api/shared/{token}', {params}));
      return {name, ownerName, look, settings, song: song?.is_there ? song : null, canCopy, role: 'viewer', picture};
    },
    pathOf: (uploadId) => `/api/shared/${encodeURIComponent(token)}/files/${uploadId}`,
    copy: () => said(api.POST('/api/shared/{token}/copy', {params})),
  };
}

/** @param {string} id @returns {Source} */
function byInvitation(id) {
  const params = {path: {project_id: id}};
  return {
    invitedTo: id,
    async open() {
      const {name, owner_name: ownerName, look, settings, song, plays_song: playsSong, can_copy: canCopy, role, thumbnail_url: picture} = await said(api.GET('/api/projects/{project_id}', {params}));
      // A list of one's own projects shows it from now on as accepted.
      void api.POST('/api/projects/{project_id}/opened', {params}).catch(() => {});
      return {name, ownerName: ownerName ?? '', look, settings, song: playsSong && song?.is_there ? song : null, canCopy, role, picture};
    },
    pathOf: (uploadId) => `/api/projects/${id}/files/${uploadId}`,
    copy: () => said(api.POST('/api/projects/{project_id}/copy', {params})),
  };
}
