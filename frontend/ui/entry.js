// The form through which a visitor signs in or registers, on a page of its own.
import {nextPage} from '../lib/next.js';
import {session} from '../lib/session.js';
import {onSubmit} from './form.js';

/**
 * Lead a visitor who is signed in on; let all others enter.
 * @param {(account: {email: string, password: string}) => Promise<void>} enter
 */
export async function openEntry(enter) {
  const plan = new URLSearchParams(location.search).get('plan');
  const next = nextPage(location.search, plan ? `/billing?plan=${encodeURIComponent(plan)}` : '/studio');
  for (const link of document.querySelectorAll('a[data-keep]')) {
    /** @type {HTMLAnchorElement} */ (link).search = location.search;
  }
  onSubmit(/** @type {HTMLFormElement} */ (document.getElementById('entry')), async ({email = '', password = ''}) => {
    await enter({email, password});
    location.assign(next);
  });
  if (await session.restore()) location.replace(next);
}
