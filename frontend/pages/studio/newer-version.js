// Tells whoever has a shared project open that somebody else has saved a newer version of it.
import {api, said} from '../../lib/api.js';
import {toast} from '../../ui/toast.js';

/** @typedef {import('./studio.js').Studio} Studio */

const LOOK_EVERY_MS = 20_000;

/**
 * @param {Studio} studio
 * @returns {() => void} stop
 */
export function watchVersions(studio) {
  let told = 0;
  const look = async () => {
    const {project} = studio;
    const {id} = project;
    // What is not saved yet asks by itself whose version stays.
    const mayAsk = id && project.isShared && project.isSaved && studio.mayWrite && document.visibilityState === 'visible';
    if (!mayAsk) return;
    const there = await said(api.GET('/api/projects/{project_id}', {params: {path: {project_id: id}}})).catch(() => null);
    if (!there || there.id !== project.id || !project.isSaved || there.version <= Math.max(project.version, told)) return;
    told = there.version;
    toast('A newer version of this project was saved elsewhere.', {label: 'Open it', act: () => location.assign(`/studio?project=${id}&fresh`)});
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
