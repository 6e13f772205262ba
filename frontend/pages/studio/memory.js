// What a reload, and another tab, find again: the draft with its steps, the song, pictures, presets, name and place.
import {takeOver} from './keep.js';
import {openAsked} from './opening.js';
import {takeLink} from './sharing.js';

/** @typedef {import('./studio.js').Studio} Studio */

const SAVE_AFTER_MS = 400;

/** What was here before a reload, what a link asks for, or the example. @param {Studio} studio */
export async function bringBack(studio) {
  await use(studio);
  const [saved, song, pictures, page] = await Promise.all([
    studio.keep.get('draft'), studio.keep.get('song'), studio.keep.get('pictures'), studio.keep.get('page'), studio.presets.bringBack(),
  ]);
  const {name = '', timeS = 0, delayMs = 0, project, uploads} = /** @type {any} */ (page) ?? {};
  studio.ownName = name;
  studio.engine.restoreUploads(uploads);
  if (delayMs) studio.setDelay(delayMs);
  studio.pictures.restore(pictures);
  // A draft that this version cannot use must not replace the project that it came from.
  const isUsable = !saved || studio.tryDraft(() => studio.store.restore(/** @type {any} */ (saved)));
  studio.project.restore(isUsable ? project : null);
  document.addEventListener('visibilitychange', () => void (document.visibilityState === 'visible' ? comeBack(studio) : save(studio)));
  addEventListener('focus', () => void comeBack(studio));
  const isOpened = await openAsked(studio, {hasSong: song instanceof File});
  if (!isOpened) await takeLink(studio);
  if (isOpened && studio.song) return;
  if (song instanceof File && !isOpened) await studio.openSong(song, {keptAtS: timeS});
  else await studio.engine.showExample(studio.settings);
  // A project follows by itself.
  if (studio.savesNext && studio.song && !studio.project.id) studio.save();
  studio.savesNext = false;
}

/** From now on this tab is the one that keeps what is done. @param {Studio} studio */
async function use(studio) {
  studio.otherTab = false;
  await takeOver(() => {
    studio.otherTab = true;
    studio.saved = 'Open in another tab';
  });
}

/** This tab is looked at again: it goes on with what another one has done meanwhile. @param {Studio} studio */
async function comeBack(studio) {
  if (!studio.otherTab) return;
  const [saved, song, pictures, page] = await Promise.all([
    studio.keep.get('draft'), studio.keep.get('song'), studio.keep.get('pictures'), studio.keep.get('page'),
  ]);
  await use(studio);
  studio.pictures.restore(pictures);
  if (saved) studio.tryDraft(() => studio.store.restore(/** @type {any} */ (saved)));
  const {name = '', timeS = 0, project, uploads} = /** @type {any} */ (page) ?? {};
  studio.ownName = name;
  studio.engine.restoreUploads(uploads);
  studio.project.restore(project);
  await studio.presets.bringBack();
  history.replaceState(null, '', studio.project.id ? `/studio?project=${studio.project.id}` : '/studio');
  if (studio.song && !(song instanceof File)) location.reload();
  if (song instanceof File && !isSameFile(song, studio.song?.file)) await studio.openSong(song, {keptAtS: timeS});
}

/** Load the page anew, with nothing lost. @param {Studio} studio */
export async function reload(studio) {
  clearTimeout(studio.saveTimer);
  await save(studio);
  location.reload();
}

/** @param {Studio} studio */
export function saveSoon(studio) {
  if (studio.otherTab) return;
  studio.saved = 'Saving…';
  clearTimeout(studio.saveTimer);
  studio.saveTimer = window.setTimeout(() => void save(studio), SAVE_AFTER_MS);
}

/** @param {Studio} studio */
export async function save(studio) {
  if (studio.otherTab) return;
  const saved = studio.store.save();
  studio.pictures.keepOnly([saved.draft, ...[...saved.undo, ...saved.redo].map(({before}) => before), ...studio.presets.all]);
  const kept = await Promise.all([
    studio.keep.put('draft', saved),
    studio.keep.put('pictures', studio.pictures.all),
    studio.keep.put('page', pageOf(studio)),
  ]);
  studio.saved = kept.every(Boolean) ? 'Saved in this browser' : 'Not saved: this browser blocks storage';
}

/** What a reload needs to know beside the draft and the files. @param {Studio} studio */
function pageOf({ownName, delayMs, engine, project}) {
  return {name: ownName, timeS: engine.timeS, delayMs, project: project.kept, uploads: engine.uploads};
}

/**
 * @param {File} a
 * @param {File | undefined} b
 */
const isSameFile = (a, b) => a.name === b?.name && a.size === b.size && a.lastModified === b.lastModified;
