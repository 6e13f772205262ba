// The song's file: chosen, opened, and kept over a reload.
import {isolated} from '../../lib/words.js';
import {askOf} from '../../ui/dialog.js';
import {toast} from '../../ui/toast.js';
import {choose} from './files.js';
import {keepHeard} from './heard-song.js';

/** @typedef {import('./studio.js').Studio} Studio */

export const SONG_NOT_KEPT = 'This browser cannot keep the song: after a reload, open it again.';

/**
 * Open a song, and keep it in this browser.
 * @param {Studio} studio
 * @param {File} file
 * @param {{keptAtS?: number | null, heard?: import('../../preview/song.js').Song | null}} [options] of a song that comes back after a reload:
 *   where it stood, and what was heard in it
 * @returns {Promise<boolean>} whether it is open
 */
export async function openSong(studio, file, {keptAtS = null, heard = null} = {}) {
  if (keptAtS === null && !(await mayHaveSong(studio, file))) return false;
  const opened = await studio.engine.open(file, studio.settings, heard);
  // A reload opens what could not be opened for want of it.
  if (!opened && !studio.engine.outdated) return false;
  if (keptAtS === null) {
    if (!studio.project.id) studio.ownName = '';
    studio.rendered = '';
    if (!studio.project.isMine) toast('Only you hear this song: the owner of this project chooses its song.');
    studio.store.change('Song', (draft) => delete draft.range);
    await keepSong(studio, file);
  }
  if (!opened) return false;
  if (!heard) void keepHeard(studio, file);
  studio.hear();
  if (keptAtS === null) offerOwnText(studio);
  // The button that opened it is gone.
  if (document.activeElement === document.body) /** @type {HTMLElement | null} */ (studio.querySelector('.play'))?.focus();
  studio.engine.seek(keptAtS ?? studio.rangeS.startS);
  // A browser that wants a click first leaves it at rest.
  if (keptAtS === null && !matchMedia('(prefers-reduced-motion: reduce)').matches) studio.togglePlay();
  return true;
}

/**
 * Ask before another song takes the place of a saved project's: no version of it keeps the one before.
 * @param {Studio} studio
 * @param {File} file
 */
async function mayHaveSong(studio, file) {
  const {project, song} = studio;
  if (!project.id || !project.isMine || !song || (song.file.name === file.name && song.file.size === file.size)) return true;
  const answer = await askOf({
    title: 'Another song?',
    text: `“${isolated(studio.name)}” is saved with “${isolated(song.file.name)}”. If you replace that song, the version history does not bring it back. A new project begins with “${isolated(file.name)}” and everything that you see here.`,
    choices: [['new', 'New project'], ['replace', 'Replace the song'], ['stay', 'Cancel']],
  });
  if (answer !== 'new') return answer === 'replace';
  if (!(await project.finish())) {
    toast('Your last changes are not saved yet. Try again in a moment.');
    return false;
  }
  project.forget();
  history.replaceState(null, '', '/studio');
  return true;
}

/** Text that was typed stays over another song, or came with a link: the song's own is one press away. @param {Studio} studio */
function offerOwnText(studio) {
  const {title, artist} = studio.store.draft.text ?? {};
  const {song} = studio;
  if (!song || !((title && title !== song.title) || (artist && artist !== song.artist))) return;
  toast(`The text stays “${isolated([title, artist].filter(Boolean).join(' · '))}”.`, {
    label: 'Use the song’s',
    act: () => studio.store.change('Text of the song', (draft) => delete draft.text),
  });
}

/** The name of a file is a poor title: a new name of the project may be the song's. @param {Studio} studio */
export function offerNameAsTitle(studio) {
  const {song, ownName, store} = studio;
  const isOfFile = song && !store.draft.text?.title && store.draft.text?.title !== '' && song.file.name.replace(/\.[^.]*$/, '') === song.title;
  if (!isOfFile || !ownName || ownName === song.title) return;
  toast(`The title in the video stays “${isolated(song.title)}”.`, {
    label: 'Use the new name',
    act: () => store.change('Title', (draft) => (draft.text = {...draft.text, title: ownName})),
  });
}

/** @param {Studio} studio @param {File} file */
async function keepSong(studio, file) {
  // What was heard in the song before gives its room to this one.
  if (studio.otherTab || (await studio.storage.putAll({song: file, heard: undefined}))) return;
  // Else a reload would bring back the song before, with the settings of this one.
  await studio.storage.put('song', undefined);
  toast(SONG_NOT_KEPT);
}

/** @param {Studio} studio */
export async function chooseSong(studio) {
  const file = await choose('audio/*,.mp3,.wav,.m4a');
  if (file) await openSong(studio, file);
}
