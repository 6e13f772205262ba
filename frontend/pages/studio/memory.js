// What a reload, and another tab, find again: the draft with its steps, the song, pictures, presets, name and place.
import {isTouch} from '../../lib/touch.js';
import {toast} from '../../ui/toast.js';
import {isSameFile} from './files.js';
import {heardBefore} from './heard-song.js';
import {forgetLastChange, lastChange, noteLastChange, withLastChange} from './last-change.js';
import {watchVersions} from './newer-version.js';
import {openAsked} from './opening.js';
import {openRenderDialog} from './render-dialog.js';
import {takeLink} from './sharing.js';
import {SONG_NOT_KEPT, openSong} from './song-file.js';
import {takeOver} from './tab-lock.js';
import {takeRemembered} from './unconfirmed.js';

/** @typedef {import('./studio.js').Studio} Studio */

const SAVE_AFTER_MS = 400;
const PANELS = ['looks', 'tune', 'text', 'output'];

/** What was here before a reload, what a link asks for, or the example. @param {Studio} studio */
export async function bringBack(studio) {
  await takeLock(studio);
  const stored = await read(studio);
  apply(studio, stored);
  const {song, heard, timeS, delayMs, tab} = stored;
  if (isPanelBeside(tab)) studio.tab = tab;
  if (delayMs) studio.setDelay(delayMs);
  watchTabs(studio);
  watchVersions(studio);
  // A page that leads to the order of what it opens.
  const order = new URLSearchParams(location.search).get('order');
  const isOpened = await openAsked(studio, {song});
  await (isOpened ? saveOpened(studio) : takeLink(studio, song !== null));
  if (isOpened) studio.project.follow();
  const isBack = song !== null && !isOpened;
  if (isBack) await openSong(studio, song, {keptAtS: timeS, heard});
  studio.isRestored = true;
  if (isOpened && studio.song) {
    if (order !== null) openRenderDialog(studio, {prefersNoWatermark: order === 'no-watermark'});
    return;
  }
  if (!isBack) {
    await studio.engine.showExample(studio.settings);
    // A song that is opened has the project follow; without one, what a reload has interrupted is saved here.
    studio.project.follow();
  }
  // A project follows by itself.
  const waiting = takeRemembered();
  if (studio.song && !studio.project.id && (studio.savesNext || waiting === 'save')) studio.save();
  else if (studio.song && waiting === 'render') openRenderDialog(studio);
  studio.savesNext = false;
}

/**
 * Of several tabs, the one in use saves. It saves at once when it is left, since the next tab starts from what is saved.
 * @param {Studio} studio
 */
function watchTabs(studio) {
  /** @type {Promise<void> | null} */
  let switching = null;
  // Both events may come for one switch; two at a time would take the lock from each other.
  const enter = () => (switching ??= resume(studio).finally(() => (switching = null)));
  document.addEventListener('visibilitychange', () => void (document.visibilityState === 'visible' ? enter() : leave(studio)));
  // Two windows side by side: the one that is touched goes on, also where no focus moves.
  for (const event of ['focus', 'pointerdown', 'keydown']) addEventListener(event, () => void enter(), true);
  // What is pressed here is done to what the other tab has left, not lost under it.
  addEventListener('click', (event) => {
    const pressed = event.target instanceof Element && event.target.closest('button, a, label, input');
    if (!studio.otherTab || !(pressed instanceof HTMLElement)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void enter().then(() => studio.otherTab || pressed.click());
  }, true);
  addEventListener('blur', () => void save(studio));
}

/** The page may end at any moment now. @param {Studio} studio */
async function leave(studio) {
  if (studio.mayWrite) noteLastChange(studio);
  await save(studio);
}

/**
 * Take the right to save from the other tabs.
 * @param {Studio} studio
 * @returns {Promise<{isLost: boolean}>} whether another tab has taken it since
 */
async function takeLock(studio) {
  const lock = {isLost: false};
  await takeOver(() => {
    lock.isLost = true;
    studio.otherTab = true;
    studio.saved = isTouch() ? 'Open in another tab. Tap to continue here' : 'Open in another tab. Click to continue here';
    studio.project.stop();
  });
  return lock;
}

/** Go on with what another tab has saved meanwhile. @param {Studio} studio */
async function resume(studio) {
  if (!studio.otherTab) return;
  // The lock first, so that the other tab writes no more; `otherTab` last, so that this one writes nothing older.
  const lock = await takeLock(studio);
  if (studio.isOpening) {
    // What the other tab has left comes first, and the address still says what is to be opened.
    location.reload();
    return;
  }
  const stored = await read(studio);
  if (lock.isLost) return;
  apply(studio, stored);
  studio.otherTab = false;
  saveSoon(studio);
  studio.project.follow();
  history.replaceState(null, '', studio.project.id ? `/studio?project=${studio.project.id}` : '/studio');
  const {song, heard, timeS} = stored;
  if (studio.song && !song) location.reload();
  if (song && !isSameFile(song, studio.song?.file)) await openSong(studio, song, {keptAtS: timeS, heard});
}

/** What this browser has stored. @param {Studio} studio */
async function read({storage, presets}) {
  const [draft, file, pictures, page] = await Promise.all([
    storage.get('draft'), storage.get('song'), storage.get('pictures'), storage.get('page'), presets.bringBack(),
  ]);
  const {name = '', timeS = 0, delayMs = 0, showsGuides = false, rendered = '', tab = '', project, uploads} = /** @type {any} */ (page) ?? {};
  const song = file instanceof File ? file : null;
  const heard = song && (await heardBefore(storage, song));
  return withLastChange({draft, song, heard, pictures, name, timeS, delayMs, showsGuides, rendered, tab, project, uploads});
}

/**
 * Go on with what was stored; the song is the caller's to open.
 * @param {Studio} studio
 * @param {Awaited<ReturnType<typeof read>>} stored
 */
function apply(studio, {draft, pictures, name, showsGuides, rendered, project, uploads}) {
  Object.assign(studio, {ownName: name, showsGuides, rendered});
  studio.engine.uploads.restore(uploads);
  studio.pictures.restore(pictures);
  // A draft that this version cannot use must not replace the project that it came from.
  const isUsable = !draft || studio.tryDraft(() => studio.store.restore(/** @type {any} */ (draft)));
  studio.project.restore(isUsable ? project : null);
}

/**
 * Whether a panel stands beside the picture on this screen: on a wide one the looks have a place of their own.
 * @param {unknown} name
 * @returns {name is Studio['tab']}
 */
function isPanelBeside(name) {
  return PANELS.includes(String(name)) && (name !== 'looks' || matchMedia('(max-width: 63.99rem)').matches);
}

/** Load the page anew, with nothing lost. @param {Studio} studio */
export async function reload(studio) {
  clearTimeout(studio.saveTimer);
  await save(studio);
  location.reload();
}

/** @param {Studio} studio */
export function saveSoon(studio) {
  if (!studio.mayWrite) return;
  studio.saved = 'Saving…';
  clearTimeout(studio.saveTimer);
  studio.saveTimer = window.setTimeout(() => void save(studio), SAVE_AFTER_MS);
}

/** @param {Studio} studio */
export async function save(studio) {
  if (!studio.mayWrite) return;
  clearTimeout(studio.saveTimer);
  studio.saveTimer = 0;
  const {draft, pictures, page} = contentOf(studio);
  const note = lastChange();
  const isKept = await studio.storage.putAll({draft, pictures, page});
  if (isKept) forgetLastChange(note);
  // Pictures take the most room: what is left without them is still worth keeping.
  if (!isKept) await studio.storage.putAll({draft, page});
  // A change that came meanwhile is not saved yet, and another tab says so itself.
  if (studio.saveTimer || !studio.mayWrite) return;
  saySaved(studio, isKept);
}

/**
 * @param {Studio} studio
 * @param {boolean} isKept
 */
function saySaved(studio, isKept) {
  studio.saved = isKept ? 'Saved in this browser' : 'Not saved: this browser blocks storage';
}

/** Save all that was opened in one step: its song must not stand beside the project before. @param {Studio} studio */
async function saveOpened(studio) {
  if (!studio.mayWrite) return;
  // One that was due while it was opened wrote nothing.
  clearTimeout(studio.saveTimer);
  studio.saveTimer = 0;
  const song = studio.song?.file;
  const note = lastChange();
  let isKept = await studio.storage.putAll({...contentOf(studio), song});
  if (!isKept) {
    // A browser without room for the song may still keep the rest.
    isKept = await studio.storage.putAll({...contentOf(studio), song: undefined});
    if (song) toast(SONG_NOT_KEPT);
  }
  if (isKept) forgetLastChange(note);
  if (!studio.saveTimer) saySaved(studio, isKept);
}

/** @param {Studio} studio */
function contentOf(studio) {
  const saved = studio.store.save();
  studio.pictures.keepOnly([saved.draft, ...[...saved.undo, ...saved.redo].map(({before}) => before), ...studio.presets.all]);
  return {draft: saved, pictures: studio.pictures.all, page: pageOf(studio)};
}

/** What a reload needs to know beside the draft and the files. @param {Studio} studio */
function pageOf({ownName, delayMs, showsGuides, rendered, tab, engine, project}) {
  return {name: ownName, timeS: engine.timeS, delayMs, showsGuides, rendered, tab, project: project.kept, uploads: engine.uploads.all};
}
