// Above every page: that the account will be deleted, or that signing in has just kept it.
import {ApiError, api, said} from '../lib/api.js';
import {session} from '../lib/session.js';
import {date} from '../lib/words.js';
import {toast} from './toast.js';

const KEPT = 'Welcome back. You signed in, so your account will not be deleted.';
const ENDS = 'A subscription still ends with its paid period; you can resume it under Plan and billing until then.';

session.addEventListener('change', show);
show();
// On another device it may have been kept, or asked for again.
document.addEventListener('visibilitychange', () => {
  const mayBeOld = session.user?.deletion_due_at || session.hasKeptAccount;
  if (document.visibilityState === 'visible' && session.state === 'signed-in' && mayBeOld) void session.renew();
});

/** Whether there may be a subscription to resume. */
export function hasPaidPlan() {
  return (session.user?.plan ?? 'free') !== 'free';
}

/** Withdraw the deletion. */
export async function keepAccount() {
  try {
    await said(api.DELETE('/api/user/deletion'));
    await session.renew();
    toast('Your account stays as it is.');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message);
  }
}

function show() {
  const due = session.user?.deletion_due_at;
  // It is to be deleted after all, or nobody is signed in any more.
  if (session.hasKeptAccount && (due || session.state === 'signed-out')) session.forgetKept();
  if (due) return place(`Your account will be deleted on ${date(due)}.`, 'Keep my account', () => void keepAccount());
  if (session.hasKeptAccount) return place(hasPaidPlan() ? `${KEPT} ${ENDS}` : KEPT, 'Close', () => session.forgetKept());
  document.querySelector('.site-notice')?.remove();
}

/**
 * @param {string} sentence
 * @param {string} label
 * @param {() => void} act
 */
function place(sentence, label, act) {
  const box = document.querySelector('.site-notice') ?? document.createElement('aside');
  box.className = 'site-notice';
  box.setAttribute('aria-label', 'Your account');
  const words = document.createElement('p');
  words.textContent = sentence;
  const button = document.createElement('button');
  button.className = 'button';
  button.type = 'button';
  button.textContent = label;
  button.onclick = act;
  box.replaceChildren(words, button);
  if (box.isConnected) return;
  const header = document.querySelector('.site-header');
  // The studio has a bar of its own.
  if (header) header.after(box);
  else document.body.prepend(box);
}
