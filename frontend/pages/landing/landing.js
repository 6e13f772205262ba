// The picture of the landing page is drawn live from the example song, once somebody wants to see or hear it.
import '../../lib/own-scripts.js';
import '../../ui/header.js';
import {playOver} from '../../ui/loop.js';

const screen = /** @type {HTMLElement} */ (document.getElementById('screen'));
const button = /** @type {HTMLButtonElement} */ (document.getElementById('hear'));

/** @type {Promise<import('./example.js').Example> | null} */
let opening = null;

/** The code that draws is large: nobody gets it before asking. */
function example() {
  opening ??= import('./example.js').then(({openExample}) => openExample(screen));
  return opening;
}

button.addEventListener('click', async () => {
  const wantsToHear = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(wantsToHear));
  button.textContent = wantsToHear ? 'Pause the example' : 'Play the example';
  const opened = await example();
  if (wantsToHear) opened.play();
  else opened.pause();
});
for (const link of document.querySelectorAll('.looks a')) {
  playOver(/** @type {HTMLElement} */ (link), /** @type {HTMLVideoElement} */ (link.querySelector('video')));
}
screen.addEventListener('pointerenter', () => {
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) void example();
});
