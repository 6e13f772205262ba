// Tells whoever has a project open that a newer version of it was saved elsewhere: by somebody else, or on another device.
import {ApiError, api, said} from '../../lib/api.js';
import {toast} from '../../ui/toast.js';

/** @typedef {import('./studio.js').Studio} Studio */

const LOOK_EVERY_MS = 20_000;

/** @param {Studio} studio */
export function watchVersions(studio) {
  let told = '';
  let lookedAt = -Infinity;
  const look = async () => {
    const {project} = studio;
    const {id} = project;
    // What is not saved yet asks by itself whose version stays.
    if (!id || !project.isSaved || !studio.mayWrite || performance.now() - lookedAt < LOOK_EVERY_MS / 2) return;
    lookedAt = performance.now();
    const there = await said(api.GET('/api/projects/{project_id}', {params: {path: {project_id: id}}})).catch((error) => error);
    if (there instanceof ApiError && there.status === 404 && !project.isMine && id === project.id) {
      project.losesAccess();
      return;
    }
    if (there instanceof Error || there.id !== project.id || !project.isSaved || there.version <= project.version || told === `${id} ${there.version}`) return;
    told = `${id} ${there.version}`;
    const open = () => {
      if (id !== project.id) return;
      // What was changed since then is asked about, and not lost.
      if (project.isSaved) location.assign(`/studio?project=${id}&fresh`);
      else project.decide();
    };
    toast('A newer version of this project was saved elsewhere.', {label: 'Open it', act: open});
  };
  const isSeen = () => document.visibilityState === 'visible';
  // Somebody else may be at work now; oneself can have been elsewhere only before coming back.
  setInterval(() => void (studio.project.isShared && isSeen() && look()), LOOK_EVERY_MS);
  document.addEventListener('visibilitychange', () => void (isSeen() && look()));
  addEventListener('focus', () => void look());
}
