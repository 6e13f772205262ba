// Files and texts that are dropped or pasted anywhere in the studio.
import {isolated} from '../../lib/words.js';
import {toast} from '../../ui/toast.js';
import {takePicture} from './cover.js';
import {isPicture, isSong} from './files.js';
import {takeSettings, takeText} from './sharing.js';
import {openSong} from './song-file.js';

/** @typedef {import('./studio.js').Studio} Studio */

/**
 * @param {Studio} studio
 * @param {DragEvent} event
 */
export async function drop(studio, event) {
  event.preventDefault();
  studio.dragging = false;
  const target = event.target instanceof Element ? event.target.closest('[data-takes="background"]') : null;
  // To be read at once: afterwards the browser has emptied what was dropped.
  const dropped = [...(event.dataTransfer?.items ?? [])].filter(({kind}) => kind === 'file');
  const files = dropped.filter((item) => !item.webkitGetAsEntry()?.isDirectory).map((item) => item.getAsFile());
  if (dropped.length && !files.length) toast('That is a folder. Drop the song itself.');
  await takeFiles(studio, files.filter((file) => file !== null), target ? 'background' : 'cover');
}

/**
 * @param {Studio} studio
 * @param {File[]} files
 * @param {'cover' | 'background'} [use] of a picture
 */
async function takeFiles(studio, files, use = 'cover') {
  const picture = files.find(isPicture);
  const settings = files.find(({name}) => name.toLowerCase().endsWith('.json'));
  const others = files.filter((file) => !isPicture(file) && file !== settings);
  const song = others.find(isSong) ?? others[0];
  if (picture) await takePicture(studio, picture, use);
  if (settings) await takeSettings(studio, settings);
  if (!song) return;
  if (others.filter(isSong).length > 1) toast(`One song at a time: this is “${isolated(song.name)}”.`);
  await openSong(studio, song);
}

/**
 * @param {Studio} studio
 * @param {DragEvent} event
 */
export function dragover(studio, event) {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  studio.dragging = true;
}

/**
 * @param {Studio} studio
 * @param {DragEvent} event
 */
export function dragleave(studio, event) {
  if (!(event.relatedTarget instanceof Node) || !studio.contains(event.relatedTarget)) studio.dragging = false;
}

/**
 * @param {Studio} studio
 * @param {ClipboardEvent} event
 */
export function paste(studio, event) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length) {
    void takeFiles(studio, files);
    return;
  }
  const text = event.clipboardData?.getData('text/plain').trim() ?? '';
  const typing = event.target instanceof Element && event.target.matches('input, textarea');
  if (!typing && (text.startsWith('{') || text.includes('#look='))) void takeText(studio, text);
}
