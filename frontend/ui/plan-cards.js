// The plans beside each other: to a customer they mark the plan in use, and lead to the billing page.
import {api, said} from '../lib/api.js';
import {session} from '../lib/session.js';

const cards = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.plan[data-plan]'));

session.addEventListener('change', () => {
  if (session.state === 'signed-in') void markOwnPlan();
});

/** A service that is away leaves the cards as they are for everybody. */
async function markOwnPlan() {
  const profile = await said(api.GET('/api/user/profile')).catch(() => null);
  if (!profile) return;
  for (const card of cards) showToCustomer(card, card.dataset.plan === profile.plan);
}

/**
 * @param {HTMLElement} card
 * @param {boolean} isOwn
 */
function showToCustomer(card, isOwn) {
  const {plan = '', title = ''} = card.dataset;
  const link = /** @type {HTMLAnchorElement | null} */ (card.querySelector('a.button'));
  card.classList.toggle('chosen', isOwn);
  if (!link) return;
  link.textContent = isOwn ? 'Your plan' : `Change to ${title}`;
  // Back to Free is a cancellation, which has its place there.
  link.href = isOwn || plan === 'free' ? '/billing' : `/billing?plan=${plan}`;
  if (!isOwn) return;
  link.classList.remove('main');
  link.setAttribute('aria-current', 'true');
}

if (session.state === 'signed-in') void markOwnPlan();
