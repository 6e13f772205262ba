// The page of a video that is passed on: where there is none, its owner gets the way to their own videos.
import {session} from '../../lib/session.js';
import '../../ui/header.js';

const wayOut = /** @type {HTMLAnchorElement | null} */ (document.getElementById('way-out'));

session.addEventListener('change', () => {
  if (!wayOut) return;
  const isIn = session.state === 'signed-in';
  wayOut.textContent = isIn ? 'My videos' : 'What is Oriel?';
  wayOut.href = isIn ? '/dashboard?tab=renders' : '/';
});
