// The page of a video that is passed on: where there is none, its owner gets the way to their own videos.
import {session} from '../../lib/session.js';
import '../../ui/header.js';
import {toast} from '../../ui/toast.js';

const wayOut = /** @type {HTMLAnchorElement | null} */ (document.getElementById('way-out'));

session.addEventListener('change', () => {
  if (!wayOut) return;
  const isIn = session.state === 'signed-in';
  wayOut.textContent = isIn ? 'My videos' : 'What is Oriel?';
  wayOut.href = isIn ? '/dashboard?tab=renders' : '/';
});

/** The page itself says why a video is gone: its link was revoked, or it has expired, since it was opened. */
async function lookAgain() {
  const answer = await fetch(location.href, {method: 'HEAD', cache: 'no-store'}).catch(() => null);
  if (answer && [404, 410].includes(answer.status)) location.reload();
  else toast('The video could not be loaded. Check your connection and reload this page.');
}

document.querySelector('.room video')?.addEventListener('error', () => void lookAgain());
