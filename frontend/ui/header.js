// The header of every page: shows "Sign in", or the way to one's own videos and out.
import {session} from '../lib/session.js';
import './deletion-notice.js';

const signIn = document.querySelector('.site-nav [data-when="signed-out"]');
const mine = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('.site-nav [data-when="signed-in"]'));

session.addEventListener('change', () => {
  if (session.state === 'unknown' || !(signIn instanceof HTMLAnchorElement)) return;
  const isIn = session.state === 'signed-in';
  signIn.textContent = isIn ? 'Sign out' : 'Sign in';
  signIn.classList.toggle('wide-only', isIn);
  for (const link of mine) {
    link.hidden = !isIn;
    if (link.pathname === location.pathname) link.setAttribute('aria-current', 'page');
  }
  signIn.title = isIn ? (session.user?.email ?? '') : '';
});
signIn?.addEventListener('click', async (event) => {
  if (session.state !== 'signed-in') return;
  event.preventDefault();
  await session.signOut();
});
void session.restore();
