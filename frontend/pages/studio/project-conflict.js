// What becomes of changes that the project on the server does not take, because of somebody else's or of a lost right.
import {ApiError, api, said} from '../../lib/api.js';
import {isolated} from '../../lib/words.js';
import {askOf} from '../../ui/dialog.js';
import {downloadSettings} from './sharing.js';

/**
 * @typedef {import('./studio.js').Studio} Studio
 * @typedef {import('../../lib/api-schema.js').components['schemas']['ProjectChange']} ProjectChange
 */

/**
 * Change the project on the server. A newer version there may be a save of this browser's own, whose answer was lost.
 * @param {string} id
 * @param {ProjectChange} body
 * @param {string[]} unanswered marks of the saves that have no answer, this one among them
 * @returns {Promise<number>} its version
 * @throws {ApiError} CONFLICT where somebody else has changed it
 */
export async function changeProject(id, body, unanswered) {
  const params = {path: {project_id: id}};
  try {
    return (await said(api.PATCH('/api/projects/{project_id}', {params, body}))).version;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'CONFLICT') throw error;
    const {name, settings, song, version} = await said(api.GET('/api/projects/{project_id}', {params}));
    const there = markOf({name, settings, upload_id: body.upload_id ? (song?.upload_id ?? null) : null});
    if (there === markOf(body)) return version;
    if (!unanswered.includes(there)) throw error;
    return (await said(api.PATCH('/api/projects/{project_id}', {params, body: {...body, version}}))).version;
  }
}

/** What tells one save from another. @param {Pick<ProjectChange, 'name' | 'settings' | 'upload_id'>} save */
export const markOf = ({name, settings, upload_id: uploadId}) => JSON.stringify([name, settings, uploadId ?? null]);

/**
 * Ask whose version stays, where a project was changed elsewhere.
 * @param {string} by the name of another person; "" for the visitor, perhaps in another window
 * @returns {Promise<string | null>} copy, mine, or theirs; null where it is left open
 */
export function askWhoseVersion(by) {
  const newer = by ? 'Take theirs' : 'Take the newer one';
  return askOf({
    title: 'This project was changed elsewhere',
    text: `${by ? `${isolated(by)} has saved a newer version` : 'A newer version was saved, perhaps by you in another window,'} since you opened it. “Keep both” makes a project of your own of what you have here. “Keep mine” saves yours over the newer one, which stays in the version history. “${newer}” opens the newer one; Undo brings back what you have here.`,
    choices: [['copy', 'Keep both'], ['mine', 'Keep mine'], ['theirs', newer]],
  });
}

/**
 * Ask what becomes of the changes of an editor who may no longer save them; download them where that is the answer.
 * @param {Studio} studio
 * @param {ApiError} error
 * @returns {Promise<string | null>} copy: keep them as a project of their own
 */
export async function askAsOutsider(studio, error) {
  const name = isolated(studio.name);
  const reason = error.code === 'NOT_ALLOWED' ? `You can only view “${name}” now.` : `“${name}” is no longer shared with you, or its owner has deleted it.`;
  const answer = await askOf({
    title: 'You can no longer change this project',
    text: `${reason} Your last changes are not in it. They are still here, and you can keep them.`,
    choices: [['copy', 'Keep as my own project'], ['settings', 'Download the settings'], ['later', 'Not now']],
  });
  if (answer === 'settings') downloadSettings(studio);
  return answer;
}

/**
 * Let go of the project on the server, and save what is here as one of the visitor's own.
 * @param {Studio} studio
 */
export function keepAsOwn(studio) {
  letGo(studio);
  studio.save();
}

/**
 * Save what is here beside the project, as a copy of it. Where that comes to nothing, the project is asked about again.
 * @param {Studio} studio
 */
export function keepBoth(studio) {
  const {kept} = studio.project;
  letGo(studio);
  studio.save({
    isCopy: true,
    closed: () => {
      if (studio.project.id) return;
      studio.project.restore(kept);
      history.replaceState(null, '', `/studio?project=${kept.id}`);
      studio.project.follow();
    },
  });
}

/** @param {Studio} studio */
function letGo({project}) {
  project.forget();
  history.replaceState(null, '', '/studio');
}
