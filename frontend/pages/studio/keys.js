// The studio's keys. A field that is typed in keeps its own.
import {trimHere} from './trim.js';

const SEEK_S = 5;
/** For the list that the page shows. */
export const KEYS = /** @type {const} */ ([
  [['Space'], 'Play or pause'],
  [['←', '→'], '5 seconds back or forward'],
  [['Shift ←', 'Shift →'], 'One frame back or forward'],
  [['Home', 'End'], 'Start or end of the video'],
  [['[', ']'], 'Start or end the video here'],
  [['M'], 'Sound off or on'],
  [['Ctrl Z', 'Ctrl Shift Z'], 'Undo or redo'],
]);

/**
 * @param {KeyboardEvent} event
 * @param {import('./studio.js').Studio} studio
 */
export function onKey(event, studio) {
  if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
  const target = event.composedPath()[0];
  const typing = target instanceof HTMLElement && target.matches('input:not([type="range"], [type="checkbox"], [type="radio"]), textarea, select');
  const act = actionOf(event, target instanceof HTMLElement ? target : document.body, typing, studio);
  if (!act) return;
  event.preventDefault();
  act();
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} target
 * @param {boolean} typing
 * @param {import('./studio.js').Studio} studio
 * @returns {(() => void) | null}
 */
function actionOf({key, shiftKey, ctrlKey, metaKey, altKey}, target, typing, studio) {
  const command = ctrlKey || metaKey;
  if (command && !altKey) {
    if (typing && target.matches('.input')) return null;
    if (key.toLowerCase() === 'z') return () => (shiftKey ? studio.redo() : studio.undo());
    if (key.toLowerCase() === 'y') return () => studio.redo();
    return null;
  }
  if (typing || altKey || command) return null;
  // A focused button or switch is pressed by space, and a slider or a group of choices moved by the arrows.
  const presses = target.matches('button, a, summary, input[type="checkbox"], input[type="radio"]');
  const moves = target.matches('input[type="range"], input[type="radio"]');
  if (key === ' ' && !presses) return () => studio.togglePlay();
  if (moves) return null;
  const frame = 1 / studio.settings.output.fps;
  if (key === 'ArrowLeft') return () => studio.seekBy(shiftKey ? -frame : -SEEK_S);
  if (key === 'ArrowRight') return () => studio.seekBy(shiftKey ? frame : SEEK_S);
  if (key === 'Home') return () => studio.seek(studio.rangeS.startS);
  if (key === 'End') return () => studio.seek(studio.rangeS.endS - frame);
  if (key === '[') return () => trimHere(studio, 'start');
  if (key === ']') return () => trimHere(studio, 'end');
  if (key.toLowerCase() === 'm') return () => studio.toggleMute();
  return null;
}
