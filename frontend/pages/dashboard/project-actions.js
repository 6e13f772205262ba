// What is done with projects from their list.
import {api, said} from '../../lib/api.js';
import {download} from '../../lib/files.js';
import {counted, isolated} from '../../lib/words.js';
import {ask, askName} from '../../ui/dialog.js';
import {openShareDialog} from '../../ui/share-dialog.js';
import {toast} from '../../ui/toast.js';
import {EVERYTHING} from './address.js';
import {inBatches} from './choice.js';
import {fetchAgain, isConflict, put} from './newer-version.js';

/**
 * @typedef {import('./dashboard.js').Dashboard} Dashboard
 * @typedef {import('./dashboard.js').Project} Project
 */

/**
 * @param {Dashboard} page
 * @param {Project} project
 */
export async function rename(page, project) {
  const name = await askName({title: 'Rename the project', label: 'Name', value: project.name, yes: 'Rename', longest: 120});
  if (!name || name === project.name) return;
  await page.attempt(async () => {
    put(page, await renamed(project, name).catch(async (error) => {
      if (!isConflict(error)) throw error;
      // A name does not depend on what was changed elsewhere.
      return renamed(await fetchAgain(page, project.id), name);
    }));
  });
}

/**
 * @param {{id: string, version: number}} project
 * @param {string} name
 */
function renamed({id, version}, name) {
  const params = {path: {project_id: id}};
  return said(api.PATCH('/api/projects/{project_id}', {params, body: {version, name, upload_id: null, thumbnail_id: null, settings: null}}));
}

/**
 * @param {Dashboard} page
 * @param {string[]} ids
 */
export async function duplicate(page, ids) {
  await page.attempt(async () => {
    const items = await inBatches(ids, async (some) => (await said(api.POST('/api/projects/duplicate', {body: {ids: some}}))).items);
    page.chosen.clear();
    page.projects.change((before) => [...items, ...before]);
  });
}

/**
 * @param {Dashboard} page
 * @param {Project} project
 */
export function share(page, project) {
  openShareDialog(project, (isShared) => {
    page.projects.change((items) => items.map((each) => (each.id === project.id ? {...each, is_shared: isShared} : each)));
  });
}

/**
 * A project of somebody else becomes one of one's own.
 * @param {Dashboard} page
 * @param {Project} project
 */
export async function copy(page, {id, name}) {
  await page.attempt(async () => {
    const copy = await said(api.POST('/api/projects/{project_id}/copy', {params: {path: {project_id: id}}}));
    page.projects.change((before) => [copy, ...before]);
    void page.learn();
    toast(`“${isolated(name)}” is copied to your projects.`, {label: 'Open', act: () => location.assign(`/studio?project=${copy.id}`)});
  });
}

/**
 * @param {Dashboard} page
 * @param {Project} project
 */
export async function leave(page, {id, name, owner_name: owner}) {
  const isSure = await ask({title: 'Leave this project?', text: `You can no longer open “${isolated(name)}”, unless ${isolated(owner ?? 'its owner')} invites you again.`, yes: 'Leave', danger: true});
  if (!isSure) return;
  await page.attempt(async () => {
    await said(api.POST('/api/projects/{project_id}/leave', {params: {path: {project_id: id}}}));
    page.shared.change((items) => items.filter((each) => each.id !== id));
  });
}

/**
 * @param {Dashboard} page
 * @param {string[]} ids
 */
export async function remove(page, ids) {
  await page.attempt(async () => {
    const gone = await inBatches(ids, async (some) => (await said(api.POST('/api/projects/delete', {body: {ids: some}}))).ids);
    page.chosen.clear();
    const hadMore = page.projects.hasMore;
    page.projects.change((items) => items.filter(({id}) => !gone.includes(id)));
    if (hadMore) void page.projects.reload();
    toast(`${counted(gone.length, 'project')} deleted.`, {label: 'Undo', act: () => void bringBack(page, gone)});
  });
}

/**
 * Bring projects back that have just been deleted.
 * @param {Dashboard} page
 * @param {string[]} ids
 */
async function bringBack(page, ids) {
  await page.attempt(async () => {
    await restored(ids);
    // The list of deleted ones may be open meanwhile; it is fetched anyway when it is opened.
    await Promise.all([page.projects.reload(), ...(page.view.tab === 'deleted' ? [page.deleted.reload()] : [])]);
  });
}

/**
 * Bring projects back from the list of deleted ones.
 * @param {Dashboard} page
 * @param {Project[]} projects
 */
export async function restore(page, projects) {
  await page.attempt(async () => {
    const back = await restored(projects.map(({id}) => id));
    page.chosen.clear();
    // Those that are gone for good are no longer listed either.
    await Promise.all([page.deleted.reload(), page.projects.reload()]);
    void page.learn();
    if (!back.length) toast(`${subjectOf(projects)} can no longer be restored.`);
    else toast(`${subjectOf(projects, back.length)} restored.`, {label: 'Show in Projects', act: () => page.show({...EVERYTHING, tab: 'projects'})});
  });
  await page.moveFocus('.project .restore');
}

/**
 * Delete projects for good from the list of deleted ones.
 * @param {Dashboard} page
 * @param {Project[]} projects
 */
export async function erase(page, projects) {
  if (!await ask(eraseQuestion(projects))) return;
  await page.attempt(async () => {
    const gone = await inBatches(projects.map(({id}) => id), async (some) => (await said(api.POST('/api/projects/erase', {body: {ids: some}}))).ids);
    page.chosen.clear();
    await page.deleted.reload();
    void page.learn();
    toast(gone.length ? `${subjectOf(projects, gone.length)} deleted for good.` : 'Nothing was deleted: the list has changed.');
  });
  await page.moveFocus('.project .erase');
}

/** @param {Project[]} projects */
function eraseQuestion(projects) {
  if (projects.length === 1) return {
    title: 'Delete this project for good?',
    text: `${subjectOf(projects)} is deleted at once. This cannot be undone. Its song and pictures are deleted too, unless another project uses them.`,
    yes: 'Delete for good', no: 'Keep it', danger: true,
  };
  return {
    title: `Delete ${counted(projects.length, 'project')} for good?`,
    text: 'They are deleted at once. This cannot be undone. Their songs and pictures are deleted too, unless another project uses them.',
    yes: 'Delete for good', no: 'Keep them', danger: true,
  };
}

/**
 * The subject of a sentence: one project by its name, several by their number, or without any number.
 * @param {Project[]} projects
 * @param {number} [number]
 */
function subjectOf(projects, number) {
  const [only] = projects;
  if (projects.length === 1) return `“${isolated(only?.name ?? '')}”`;
  return number === undefined ? 'These projects' : counted(number, 'project');
}

/** @param {string[]} ids */
const restored = (ids) => inBatches(ids, async (some) => (await said(api.POST('/api/projects/restore', {body: {ids: some}}))).ids);

/**
 * @param {Dashboard} page
 * @param {string[]} ids
 */
export async function downloadSettings(page, ids) {
  await page.attempt(async () => {
    const items = await inBatches(ids, async (some) => (await said(api.POST('/api/projects/settings', {body: {ids: some}}))).items);
    const [only] = items;
    const content = items.length === 1 ? only?.settings : items.map(({name, settings}) => ({name, settings}));
    const name = `${items.length === 1 ? only?.name : counted(items.length, 'project')} settings.json`;
    download(new Blob([JSON.stringify(content, null, 2)], {type: 'application/json'}), name);
    page.chosen.clear();
  });
}
