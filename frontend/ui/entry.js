// The form through which a visitor signs in or registers, on a page of its own.
import {nextPage} from '../lib/next.js';
import {part} from '../lib/part.js';
import {session} from '../lib/session.js';
import {onSubmit} from './form.js';
import './password-field.js';

/**
 * Lead a visitor who is signed in on; let all others enter.
 * @param {(account: {email: string, password: string}) => Promise<import('../lib/session.js').SecondStep | null>} enter
 * @param {string} otherwise the page that follows where the address names none
 */
export async function openEntry(enter, otherwise) {
  const plan = new URLSearchParams(location.search).get('plan');
  const next = nextPage(location.search, plan ? `/billing?plan=${encodeURIComponent(plan)}` : otherwise);
  for (const link of document.querySelectorAll('a[data-keep]')) {
    /** @type {HTMLAnchorElement} */ (link).search = location.search;
  }
  const form = /** @type {HTMLFormElement} */ (document.getElementById('entry'));
  const goOn = () => location.assign(next);
  onSubmit(form, async ({email = '', password = ''}) => {
    const step = await enter({email, password});
    if (step) await askSecondFactor(form, step, goOn);
    else goOn();
  });
  if (await session.restore()) location.replace(next);
}

/**
 * Put the form for the second factor in the place of the form for the password.
 * @param {HTMLFormElement} form
 * @param {import('../lib/session.js').SecondStep} step
 * @param {() => void} goOn
 */
async function askSecondFactor(form, {methods, options, send}, goOn) {
  const {SecondFactor} = await part(import('./second-factor.js'));
  const second = Object.assign(new SecondFactor(), {
    methods, options, heading: 'One more step', yes: 'Sign in', isPage: true,
    send: async (/** @type {object} */ proof) => {
      await send(proof);
      goOn();
    },
    back: () => second.replaceWith(form),
  });
  second.className = 'card entry';
  form.reset();
  form.replaceWith(second);
}
