// What the address asks the studio to open: a project, the song and settings of a render, or nothing.
import {ApiError, api, said} from '../../lib/api.js';
import {fetchFile} from '../../lib/download.js';
import {session} from '../../lib/session.js';
import {isolated} from '../../lib/words.js';
import {askOf} from '../../ui/dialog.js';
import {toast} from '../../ui/toast.js';
import {LOOKS} from '../../preview/looks.js';
import {nested, resolveSettings} from '../../preview/settings.js';
import {heardBefore} from './heard-song.js';
import {picturesOf} from './own-pictures.js';
import {FROM_LINK} from './sharing.js';
import {openSong} from './song-file.js';

/**
 * @typedef {import('./studio.js').Studio} Studio
 * @typedef {import('./project.js').SavedProject} SavedProject
 * @typedef {import('../../lib/watch.js').RenderStatus} RenderStatus
 */

const OF_VIDEO = 'Settings of the video';
/** @type {[string, string]} */
const SAVE_FIRST = ['save', 'Save it first'];

/**
 * Bring a project, or the song and the settings of a render, into the studio.
 * @param {Studio} studio
 * @param {{name: string, uploadId: string | null, filename: string, settings: Record<string, any>, pathOf: (uploadId: string) => string, of?: string, isNewer?: boolean, lost?: unknown}} wanted
 *   of: whose uploads they are, if not the visitor's; isNewer: of the project that is here, so that Undo brings back what is here;
 *   lost: the upload whose file is lost or damaged, if any
 * @returns {Promise<boolean>} false where the visitor has cancelled, or nothing of it can be used here
 * @throws {ApiError} nothing has changed then
 */
async function openSaved(studio, {name, uploadId, filename, settings, pathOf, of = '', isNewer = false, lost}) {
  const signal = studio.engine.announce(name);
  const pictures = await fetchPictures(picturesOf(settings).filter((each) => each !== lost), pathOf, signal);
  const songId = uploadId === lost ? null : uploadId;
  const kept = songId ? await keptSong(studio, songId, of) : null;
  const song = kept ?? (songId ? await fetchFile(pathOf(songId), filename, signal, (part) => studio.engine.announce(name, part)).catch(goneOrThrow) : null);
  if (signal.aborted) return false;
  const before = studio.store.save();
  addPictures(studio, pictures, of);
  const take = () => (isNewer ? studio.store.replace('Newer version', draftFrom(settings)) : studio.store.restore({draft: draftFrom(settings), undo: [], redo: []}));
  if (!studio.tryDraft(take)) return false;
  if (song && songId) {
    studio.engine.uploads.add(song, songId, of);
    let isOpen = false;
    try {
      const heard = kept && (await heardBefore(studio.storage, kept));
      isOpen = await openSong(studio, song, {keptAtS: studio.settings.range.start_s, heard});
    } finally {
      // Also after a failure that nobody expects: the project before must not get these settings.
      if (!isOpen) studio.store.restore(before);
    }
    if (!isOpen) return false;
  } else {
    studio.engine.cancelOpening();
    toast(filename ? `The song of “${name}” is not kept any more. Open it again: everything else is here.` : `“${name}” has no song yet. Add one to see it move with your music.`);
  }
  studio.ownName = name;
  return true;
}

/**
 * The song that is kept here, if it is this upload: nobody waits for it to come over the network again.
 * @param {Studio} studio
 * @param {string} uploadId
 * @param {string} of
 */
async function keptSong({storage, engine}, uploadId, of) {
  const file = await storage.get('song');
  return file instanceof File && engine.uploads.known(file, of) === uploadId ? file : null;
}

/**
 * Fetch pictures by their uploads; one that is gone is left out.
 * @param {string[]} ids
 * @param {(uploadId: string) => string} pathOf
 * @param {AbortSignal} signal
 */
async function fetchPictures(ids, pathOf, signal) {
  /** @type {Map<string, File>} */
  const pictures = new Map();
  for (const id of ids) {
    const file = await fetchFile(pathOf(id), id, signal).catch(() => null);
    if (file) pictures.set(id, file);
  }
  return pictures;
}

/**
 * @param {Studio} studio
 * @param {Map<string, File>} pictures by their uploads
 * @param {string} of whose uploads they are, if not the visitor's
 */
function addPictures(studio, pictures, of) {
  studio.pictures.restore(new Map([...studio.pictures.all, ...pictures]));
  for (const [id, file] of pictures) studio.engine.uploads.add(file, id, of);
}

/** @param {Record<string, any>} settings as the service names them */
const draftFrom = (settings) => ({version: 1, ...nested(settings)});

/** A file that is gone is no reason to lose the rest. @param {unknown} error @returns {null} */
function goneOrThrow(error) {
  if (error instanceof ApiError && [404, 410].includes(error.status)) return null;
  throw error;
}

/**
 * What the address asks for: `?project=`, `?render=`, or `?new`. Whether it was opened.
 * @param {Studio} studio
 * @param {{song: File | null}} now the song that is kept here
 */
export async function openAsked(studio, {song}) {
  const asked = new URLSearchParams(location.search);
  const [projectId, renderId] = [asked.get('project'), asked.get('render')];
  if (!projectId && !renderId && !asked.has('new')) return false;
  // What is here already goes on, unless it was changed elsewhere.
  if (projectId && projectId === studio.project.id && !asked.has('fresh') && !(await isOutdated(studio))) return false;
  // Somebody who asks for the newer version of the same project has decided.
  const isDecided = projectId !== null && projectId === studio.project.id;
  // Whatever a link to a look has brought, the visitor has not shaped it.
  const hasWork = (song !== null || studio.store.save().undo.some(({label}) => label !== FROM_LINK)) && !studio.isRendered;
  const isElsewhere = async () => (studio.project.id ? studio.project.isSaved : renderId !== null && (await isMadeFrom(studio, song, renderId)));
  if (hasWork && !isDecided && !(await isElsewhere()) && !(await mayReplace(studio, song))) {
    history.replaceState(null, '', '/studio');
    return false;
  }
  if (asked.has('new')) {
    studio.project.forget();
    await studio.begin();
    return true;
  }
  studio.isOpening = true;
  if (!(await session.restore()) && session.state === 'signed-out') {
    return leaveFor(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (await openUnsaved(studio, () => (projectId ? openProject(studio, projectId) : openRender(studio, renderId ?? '')))) return true;
  studio.engine.cancelOpening();
  history.replaceState(null, '', studio.project.id ? `/studio?project=${studio.project.id}` : '/studio');
  return false;
}

/**
 * Nothing is saved until all of it is here: what comes must not be saved to the project that was here before.
 * @param {Studio} studio
 * @param {() => Promise<boolean>} open
 * @returns {Promise<boolean>} whether it is open
 */
async function openUnsaved(studio, open) {
  try {
    if (!(await open())) return false;
  } catch (error) {
    if (error instanceof ApiError) toast(error.message);
    else if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
    return false;
  } finally {
    studio.isOpening = false;
  }
  return true;
}

/**
 * Whether the server has a newer version, and nothing here is unsaved.
 * @param {Studio} studio
 */
async function isOutdated({project}) {
  if (!project.isSaved || !(await session.restore())) return false;
  const there = await said(api.GET('/api/projects/{project_id}', {params: {path: {project_id: project.id}}})).catch(() => null);
  return there !== null && there.version > project.version;
}

/**
 * Whether a render was made from exactly what is here: a payment page leaves the studio as it was.
 * @param {Studio} studio
 * @param {File | null} song
 * @param {string} id of the render
 */
async function isMadeFrom({store, engine}, song, id) {
  if (!song || !(await session.restore())) return false;
  const render = await renderOf(id).catch(() => null);
  // Pictures of the visitor's own have other names here: about these, a question too many is asked.
  return render !== null && engine.uploads.known(song) === render.upload_id && isSameVideo(store.draft, draftFrom(render.settings));
}

/** @param {string} id */
const renderOf = (id) => said(api.GET('/api/render/status/{job_id}', {params: {path: {job_id: id}}}));

/** @param {string} id */
const projectOf = (id) => said(api.GET('/api/projects/{project_id}', {params: {path: {project_id: id}}}));

/**
 * Whether two drafts are the same once they are complete.
 * @param {import('./store.js').Draft} one
 * @param {import('./store.js').Draft} other
 */
function isSameVideo(one, other) {
  const [a, b] = [one, other].map((draft) => JSON.stringify(resolveSettings(draft, LOOKS)));
  return a === b;
}

/**
 * @param {Studio} studio
 * @param {string} id
 */
async function openProject(studio, id) {
  const project = await projectOf(id);
  return project.role === 'viewer' ? leaveFor(`/shared/${id}`) : openEditable(studio, project);
}

/**
 * @param {Studio} studio
 * @param {SavedProject} project that the visitor may change
 * @param {unknown} [lost] the upload whose file is lost or damaged, if any
 */
async function openEditable(studio, project, lost) {
  const {id, name, song, settings, role} = project;
  const pathOf = (/** @type {string} */ uploadId) => `/api/projects/${id}/files/${uploadId}`;
  const wanted = {name, uploadId: song?.is_there ? song.upload_id : null, filename: song?.filename ?? '', settings, pathOf};
  if (!(await openSaved(studio, {...wanted, of: role === 'owner' ? '' : id, isNewer: id === studio.project.id, lost}))) return false;
  // What was changed while the song was read is still to be saved.
  studio.project.adopt(project, draftFrom(settings));
  void api.POST('/api/projects/{project_id}/opened', {params: {path: {project_id: id}}}).catch(() => {});
  return true;
}

/**
 * Open a render in its project; beside it, where that is gone, has another song by now, or is not the visitor's to change.
 * @param {Studio} studio
 * @param {string} id
 */
async function openRender(studio, id) {
  const render = await renderOf(id);
  const {title, filename, upload_id: uploadId, settings, project_id: projectId, error} = render;
  const project = projectId ? await projectOf(projectId).catch(goneOrThrow) : null;
  const mayChange = project !== null && project.role !== 'viewer';
  if (mayChange && hasSongOf(project, render)) return openAsMade(studio, project, render);
  if (!(await openSaved(studio, {name: title, uploadId, filename, settings, pathOf: pathOfOwn, lost: error?.details.upload}))) return false;
  studio.project.forget();
  await studio.noteRendered();
  history.replaceState(null, '', '/studio');
  if (mayChange) toast(`“${isolated(project.name)}” has another song by now, so it stays as it is. Save keeps this as a project of its own.`);
  return true;
}

/** @param {string} uploadId */
const pathOfOwn = (uploadId) => `/api/uploads/${uploadId}/content`;

/**
 * @param {SavedProject} project
 * @param {RenderStatus} render
 */
function hasSongOf({song, role}, {upload_id: uploadId, filename}) {
  // An editor renders an upload of their own of the same song.
  return song !== null && (role === 'owner' ? song.upload_id === uploadId : song.filename === filename);
}

/**
 * Open a project, and show in it what a video was made with. That is a step to be undone, and is saved with the next change.
 * @param {Studio} studio
 * @param {SavedProject} project
 * @param {RenderStatus} render
 */
async function openAsMade(studio, project, {settings, error}) {
  const lost = error?.details.upload;
  if (!(await openEditable(studio, project, lost))) return false;
  const {store} = studio;
  const made = draftFrom(settings);
  if (isSameVideo(store.draft, made)) return true;
  const missing = picturesOf(made).filter((name) => name !== lost && !studio.pictures.get(name));
  addPictures(studio, await fetchPictures(missing, pathOfOwn, new AbortController().signal), '');
  if (!studio.tryDraft(() => store.replace(OF_VIDEO, made))) return true;
  studio.engine.stayIn(studio.rangeS);
  studio.project.hold();
  toast('You see the video’s settings. The project has other ones by now, and keeps them until you change something.', {
    label: 'Undo',
    act: () => store.undoLabel === OF_VIDEO && studio.undo(),
  });
  return true;
}

/**
 * Go to another page. Nothing happens here meanwhile: what is here stays as it is stored.
 * @param {string} address
 * @returns {Promise<never>}
 */
function leaveFor(address) {
  location.replace(address);
  return new Promise(() => {});
}

/**
 * @param {Studio} studio
 * @param {File | null} song without one, nothing can be saved as a project
 */
async function mayReplace(studio, song) {
  const name = studio.ownName || studio.store.draft.text?.title || song?.name.replace(/\.[^.]+$/, '');
  const subject = name ? `“${isolated(name)}”` : 'what you have shaped here';
  // A project saves by itself, a moment after each change.
  const isUnsaved = studio.project.id ? `The last changes to ${subject} are not saved yet. If you go on, they will be lost.` : `The studio still has ${subject}, which is not saved in My videos. If you go on, it will be lost.`;
  const answer = await askOf({
    title: 'Replace what you have here?',
    text: isUnsaved,
    choices: [...(song && !studio.project.id ? [SAVE_FIRST] : []), ['stay', 'Keep it'], ['leave', 'Replace it']],
  });
  studio.savesNext = answer === 'save';
  return answer === 'leave';
}
