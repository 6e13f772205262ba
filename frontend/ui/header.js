// The header of every page: shows "Sign in", or the way to one's own videos and out.
import {session} from '../lib/session.js';
import './avatar.js';
import './deletion-notice.js';
import {signOut} from './sign-out.js';

const signIn = document.querySelector('.site-nav [data-when="signed-out"]');
// On a phone there is room for it until one's own pages take it.
const pricing = document.querySelector('.site-nav [data-room="signed-out"]');
const mine = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('.site-nav [data-when="signed-in"]'));

// Somebody with a session is not asked to sign in while the page finds out.
if (session.mayBeSignedIn && signIn instanceof HTMLElement) signIn.style.visibility = 'hidden';
pricing?.classList.toggle('wide-only', session.mayBeSignedIn);
session.addEventListener('change', () => {
  if (session.state === 'unknown' || !(signIn instanceof HTMLAnchorElement)) return;
  const isIn = session.state === 'signed-in';
  signIn.textContent = isIn ? 'Sign out' : 'Sign in';
  signIn.classList.toggle('wide-only', isIn);
  pricing?.classList.toggle('wide-only', isIn);
  for (const link of mine) {
    link.hidden = !isIn;
    if (link.pathname === location.pathname) link.setAttribute('aria-current', 'page');
  }
  showFace();
  signIn.title = isIn ? (session.user?.email ?? '') : '';
});
signIn?.addEventListener('click', async (event) => {
  if (session.state !== 'signed-in') return;
  event.preventDefault();
  await signOut();
});
void session.restore().finally(() => signIn instanceof HTMLElement && (signIn.style.visibility = ''));

/** Put one's own picture into the link to the account. */
function showFace() {
  const {user} = session;
  const link = [...mine].find(({pathname}) => pathname === '/account');
  link?.querySelector('oriel-avatar')?.remove();
  if (!link || !user) return;
  const face = document.createElement('oriel-avatar');
  face.className = 'small';
  face.setAttribute('name', user.name || user.email);
  if (user.avatar_url) face.setAttribute('src', user.avatar_url);
  link.prepend(face);
}
