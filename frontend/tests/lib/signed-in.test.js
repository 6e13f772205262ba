import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {session} from '../../lib/session.js';
import {signedIn} from '../../ui/signed-in.js';

/** @param {number} status */
function answer(status, body = {}) {
  vi.stubGlobal('fetch', async () => new Response(status === 204 ? null : JSON.stringify(body), {status}));
}

beforeEach(async () => {
  document.cookie = 'oriel_csrf=c';
  Object.assign(location, {pathname: '/dashboard', search: '?tab=renders', hash: ''});
  answer(200, {access_token: 't', expires_in: 900, user: {email: 'ada@example.com'}});
  await session.signIn('ada@example.com', 'a password');
  await signedIn();
  vi.mocked(location.replace).mockClear();
});

test('a session that ends leads to the login and back', async () => {
  answer(401);
  await session.renew();
  expect(location.replace).toHaveBeenCalledWith('/login?next=%2Fdashboard%3Ftab%3Drenders');
});

test('whoever signs out goes to the start', async () => {
  answer(204);
  await session.signOut();
  expect(location.replace).toHaveBeenCalledWith('/');
});
