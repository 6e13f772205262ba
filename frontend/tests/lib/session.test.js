import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {session} from '../../lib/session.js';
import {signOut} from '../../ui/sign-out.js';

vi.mock('../../ui/toast.js', () => ({toast: vi.fn()}));
const {toast} = await import('../../ui/toast.js');

const TOKENS = {access_token: 't', expires_in: 900, user: {email: 'ada@example.com'}};

/** @param {number} status 0: no answer */
function answer(status, body = {}) {
  vi.stubGlobal('fetch', async () => {
    if (!status) throw new TypeError('failed');
    return new Response(status === 204 ? null : JSON.stringify(body), {status});
  });
}

beforeEach(async () => {
  vi.clearAllMocks();
  document.cookie = 'oriel_csrf=c';
  answer(200, TOKENS);
  await session.signIn('ada@example.com', 'a password');
});

test('whoever signs out is signed out', async () => {
  answer(204);
  await signOut();
  expect(session.state).toBe('signed-out');
  expect(toast).not.toHaveBeenCalled();
});

test.each([0, 503])('a sign-out that fails (%i) says so and leaves the session visible', async (status) => {
  answer(status);
  await signOut();
  expect(session.state).toBe('signed-in');
  expect(toast).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('still signed in'));
});

test('a session that has ended already is signed out of', async () => {
  answer(401);
  await signOut();
  expect(session.state).toBe('signed-out');
});
