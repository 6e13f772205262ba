// Files and texts that are dropped or pasted anywhere in the studio.
import {isPicture} from './files.js';
import {takeSettings, takeText} from './sharing.js';

/** @typedef {import('./studio.js').Studio} Studio */

/**
 * @param {Studio} studio
 * @param {DragEvent} event
 */
export async function drop(studio, event) {
  event.preventDefault();
  studio.dragging = false;
  const target = event.target instanceof Element ? event.target.closest('[data-takes="background"]') : null;
  await takeFiles(studio, [...(event.dataTransfer?.files ?? [])], target ? 'background' : 'cover');
}

/**
 * @param {Studio} studio
 * @param {File[]} files
 * @param {'cover' | 'background'} [use] of a picture
 */
async function takeFiles(studio, files, use = 'cover') {
  const picture = files.find(isPicture);
  const settings = files.find(({name}) => name.toLowerCase().endsWith('.json'));
  const song = files.find((file) => file !== picture && file !== settings);
  if (picture) await studio.takePicture(picture, use);
  if (settings) await takeSettings(studio, settings);
  if (song) await studio.openSong(song);
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
