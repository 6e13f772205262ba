// What the address asks the studio to open: a project, the song and settings of a render, or nothing.
import {ApiError, api, credentials, errorBody, said} from '../../lib/api.js';
import {session} from '../../lib/session.js';
import {askOf} from '../../ui/dialog.js';
import {toast} from '../../ui/toast.js';
import {picturesOf} from './own-pictures.js';

/** @typedef {import('./studio.js').Studio} Studio */

/**
 * Bring a project, or the song and the settings of a render, into the studio.
 * @param {Studio} studio
 * @param {{name: string, uploadId: string | null, filename: string, settings: Record<string, any>}} wanted
 */
async function openSaved(studio, {name, uploadId, filename, settings}) {
  const pictures = new Map();
  for (const picture of picturesOf(settings)) {
    const file = await fetched(picture, picture).catch(() => null);
    if (file) pictures.set(picture, file);
  }
  studio.pictures.restore(new Map([...studio.pictures.all, ...pictures]));
  for (const [id, file] of pictures) studio.engine.knowUpload(file, id);
  // The settings are of use without the song too, which may have expired.
  studio.tryDraft(() => studio.store.restore({draft: {version: 1, ...settings}, undo: [], redo: []}));
  if (!uploadId) return;
  const song = await fetched(uploadId, filename, (part) => studio.engine.announce(name, part));
  studio.engine.knowUpload(song, uploadId);
  await studio.openSong(song, {keptAtS: studio.settings.range.start_s});
  await studio.keep.put('song', song);
  studio.ownName = name;
}

/**
 * @param {string} id of an upload
 * @param {string} name
 * @param {(part: number) => void} [progress] 0..1
 * @returns {Promise<File>}
 * @throws {ApiError}
 */
async function fetched(id, name, progress = () => {}) {
  const token = await credentials.token();
  const answer = await fetch(`/api/uploads/${id}/content`, {headers: token ? {Authorization: `Bearer ${token}`} : {}}).catch(() => null);
  if (!answer?.ok || !answer.body) {
    const body = await answer?.json().catch(() => null);
    throw new ApiError(answer?.status ?? 0, errorBody(body, answer?.status ?? 0));
  }
  const total = Number(answer.headers.get('Content-Length')) || 1;
  const parts = [];
  let bytes = 0;
  for (const reader = answer.body.getReader(); ;) {
    const {done, value} = await reader.read();
    if (done) break;
    parts.push(value);
    bytes += value.length;
    progress(Math.min(1, bytes / total));
  }
  return new File(parts, name, {type: answer.headers.get('Content-Type') ?? '', lastModified: 0});
}

/**
 * What the address asks for: `?project=`, `?render=`, or `?new`. Whether it was opened.
 * @param {Studio} studio
 * @param {{hasSong: boolean}} now hasSong: something would be lost
 */
export async function openAsked(studio, {hasSong}) {
  const asked = new URLSearchParams(location.search);
  const [projectId, renderId] = [asked.get('project'), asked.get('render')];
  if (!projectId && !renderId && !asked.has('new')) return false;
  // What is here already goes on.
  if (projectId && projectId === studio.project.id && !asked.has('fresh')) return false;
  if (hasSong && !studio.project.id && !(await mayReplace(studio))) {
    history.replaceState(null, '', '/studio');
    return false;
  }
  studio.project.forget();
  if (asked.has('new')) {
    await studio.begin();
    return true;
  }
  if (!(await session.restore()) && session.state === 'signed-out') {
    location.replace(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    return true;
  }
  try {
    await (projectId ? openProject(studio, projectId) : openRender(studio, renderId ?? ''));
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    studio.engine.cancelOpening();
    toast(error.message);
    history.replaceState(null, '', '/studio');
    return false;
  }
}

/**
 * @param {Studio} studio
 * @param {string} id
 */
async function openProject(studio, id) {
  const params = {path: {project_id: id}};
  const project = await said(api.GET('/api/projects/{project_id}', {params}));
  const {name, song, settings} = project;
  await openSaved(studio, {name, uploadId: song?.is_there ? song.upload_id : null, filename: song?.filename ?? '', settings});
  studio.project.is(project);
  void api.POST('/api/projects/{project_id}/opened', {params}).catch(() => {});
}

/**
 * @param {Studio} studio
 * @param {string} id
 */
async function openRender(studio, id) {
  const {title, filename, upload_id: uploadId, settings} = await said(api.GET('/api/render/status/{job_id}', {params: {path: {job_id: id}}}));
  await openSaved(studio, {name: title, uploadId, filename, settings});
  history.replaceState(null, '', '/studio');
}

/** @param {Studio} studio */
async function mayReplace({name}) {
  const answer = await askOf({
    title: 'Leave what you have here?',
    text: `“${name || 'Your song'}” is in this browser alone. If you go on, it is gone from here.`,
    choices: [['stay', 'Stay with it'], ['leave', 'Go on']],
  });
  return answer === 'leave';
}
