// The picture of the landing page is drawn live from the example song, once somebody wants to see or hear it.
import '../../lib/own-scripts.js';
import {PartError, part} from '../../lib/part.js';
import {CannotDraw} from '../../preview/cannot-draw.js';
import '../../ui/header.js';
import '../../ui/plan-cards.js';
import {playOver} from '../../ui/loop.js';
import {toast} from '../../ui/toast.js';

const screen = /** @type {HTMLElement} */ (document.getElementById('screen'));
const button = /** @type {HTMLButtonElement} */ (document.getElementById('hear'));

// The look that the studio opens with.
const SETTINGS = {look: 'horizon', output: {width: 1280, height: 720}, text: {title: '', artist: ''}, cover: {source: 'none'}};

/** @type {Promise<import('../../preview/example.js').Example> | null} */
let opening = null;

/** The code that draws is large: nobody gets it before asking. */
function example() {
  opening ??= part(import('../../preview/example.js')).then(({openExample}) => openExample(screen, SETTINGS));
  return opening;
}

button.addEventListener('click', async () => {
  const wantsToHear = button.getAttribute('aria-pressed') !== 'true';
  press(wantsToHear);
  const opened = await example().catch(fail);
  if (!opened) return;
  if (wantsToHear) opened.play();
  else opened.pause();
});
for (const link of document.querySelectorAll('.looks a')) {
  playOver(/** @type {HTMLElement} */ (link), /** @type {HTMLVideoElement} */ (link.querySelector('video')));
}
screen.addEventListener('pointerenter', () => {
  // What is wrong is said to those who press the button.
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) example().catch(() => {});
});

/** @param {boolean} isPressed */
function press(isPressed) {
  button.setAttribute('aria-pressed', String(isPressed));
  button.textContent = isPressed ? 'Pause the example' : 'Play the example';
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof PartError || error instanceof CannotDraw)) throw error;
  press(false);
  opening = null;
  toast(error.message, error instanceof PartError ? {label: 'Reload', act: () => location.reload()} : undefined);
}
