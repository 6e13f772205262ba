// The header of every page: shows "Sign in" or who is signed in.
import {session} from '../lib/session.js';

const signIn = document.querySelector('.site-nav [data-when="signed-out"]');

session.addEventListener('change', () => {
  if (session.state === 'unknown' || !(signIn instanceof HTMLAnchorElement)) return;
  const isIn = session.state === 'signed-in';
  signIn.textContent = isIn ? 'Sign out' : 'Sign in';
  signIn.title = isIn ? (session.user?.email ?? '') : '';
});
signIn?.addEventListener('click', async (event) => {
  if (session.state !== 'signed-in') return;
  event.preventDefault();
  await session.signOut();
});
void session.restore();
