// Settings files that are chosen or dropped: each becomes new projects, or replaces the settings of a project.
import {ApiError, api, said} from '../../lib/api.js';
import {chooseFiles} from '../../lib/files.js';
import {counted, isolated} from '../../lib/words.js';
import {toast} from '../../ui/toast.js';
import {EVERYTHING} from './address.js';
import {fetchAgain, isConflict, put} from './newer-version.js';
import {remove} from './project-actions.js';
import {SettingsFileError, readSettingsFile} from './settings-file.js';

/**
 * @typedef {import('./dashboard.js').Dashboard} Dashboard
 * @typedef {import('./dashboard.js').Project} Project
 * @typedef {import('./settings-file.js').NamedDocument} NamedDocument
 * @typedef {{file: string, sentence: string}} Refusal
 */

const ACCEPTED = 'application/json,.json';
const LACKS_PICTURES = 'A picture is missing: open the project and add it again.';

/** @param {Dashboard} page */
export async function chooseImport(page) {
  const files = await chooseFiles(ACCEPTED, {several: true});
  if (files.length) await importFiles(page, files);
}

/**
 * Make projects of files, and say of each other file why not.
 * @param {Dashboard} page
 * @param {File[]} files
 */
export async function importFiles(page, files) {
  page.busy = true;
  page.refusals = [];
  const made = [];
  try {
    for (const file of files) made.push(...await importFile(page, file));
  } finally {
    page.busy = false;
  }
  if (made.length) showMade(page, made);
}

/**
 * @param {Dashboard} page learns why a file is refused
 * @param {File} file
 */
async function importFile(page, file) {
  try {
    return await makeProjects(await readSettingsFile(file));
  } catch (error) {
    page.refusals = [...page.refusals, {file: file.name, sentence: sentenceOf(error)}];
    return [];
  }
}

/**
 * @param {NamedDocument[]} items
 * @throws {SettingsFileError} names the project, where the file has several
 */
async function makeProjects(items) {
  try {
    return (await said(api.POST('/api/projects/import', {body: {items}}))).items;
  } catch (error) {
    const refused = error instanceof ApiError && items.length > 1 ? items[Number(error.details.item)] : null;
    if (!refused) throw error;
    throw new SettingsFileError(`“${isolated(refused.name)}”: ${/** @type {ApiError} */ (error).message}`);
  }
}

/**
 * @param {Dashboard} page
 * @param {(Project & {lacks_pictures: boolean})[]} made
 */
function showMade(page, made) {
  page.show({...EVERYTHING, tab: 'projects'});
  page.projects.change((before) => [...made, ...before.filter(({id}) => !made.some((each) => each.id === id))]);
  void page.learn();
  const [first] = made;
  const subject = made.length === 1 ? `“${isolated(first?.name ?? '')}” is` : `${counted(made.length, 'project')} are`;
  const ending = made.some((each) => each.lacks_pictures) ? ` ${LACKS_PICTURES}` : '';
  toast(`${subject} imported.${ending}`, {label: 'Undo', act: () => void remove(page, made.map(({id}) => id))});
}

/**
 * Let the customer choose a file, and replace the settings of a project by those in it.
 * @param {Dashboard} page
 * @param {Project} project
 */
export async function replaceSettings(page, project) {
  const [file] = await chooseFiles(ACCEPTED);
  if (!file) return;
  page.busy = true;
  try {
    const answer = await replacedBy(project, await readSettingsFile(file));
    page.refusals = [];
    put(page, answer);
    const ending = answer.lacks_pictures ? ` ${LACKS_PICTURES}` : '';
    toast(`“${isolated(project.name)}” has the settings of the file.${ending}`, {label: 'Undo', act: () => void page.attempt(() => bringBack(page, answer))});
  } catch (error) {
    page.refusals = [{file: file.name, sentence: isConflict(error) ? await changedElsewhere(page, project) : sentenceOf(error)}];
  } finally {
    page.busy = false;
  }
}

/**
 * The next try replaces what is there now: nobody loses changes that they have not seen.
 * @param {Dashboard} page
 * @param {Project} project
 */
async function changedElsewhere(page, {id, name}) {
  const isThere = await fetchAgain(page, id).then(() => true, () => false);
  return isThere ? `“${isolated(name)}” was changed elsewhere in the meantime. Choose the file again to replace the newer settings.` : 'This project was changed elsewhere. Reload the page.';
}

/**
 * @param {Project} project
 * @param {NamedDocument[]} documents
 */
function replacedBy({id, version}, documents) {
  const [only] = documents;
  if (!only || documents.length > 1) throw new SettingsFileError(`This file holds the settings of ${documents.length} projects. Choose one with the settings of a single project.`);
  const params = {path: {project_id: id}};
  return said(api.PUT('/api/projects/{project_id}/settings', {params, body: {version, settings: only.settings}}));
}

/**
 * Bring back the version before the file's.
 * @param {Dashboard} page
 * @param {Project} project as it is with the file's settings
 */
async function bringBack(page, {id, version}) {
  const params = {path: {project_id: id}};
  const {items: [, before]} = await said(api.GET('/api/projects/{project_id}/versions', {params}));
  if (!before) return;
  const restored = {path: {project_id: id, version_id: before.id}};
  put(page, await said(api.POST('/api/projects/{project_id}/versions/{version_id}/restore', {params: restored, body: {version}})));
}

/** @param {unknown} error */
function sentenceOf(error) {
  if (error instanceof ApiError || error instanceof SettingsFileError) return error.message;
  throw error;
}
