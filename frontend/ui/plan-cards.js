// The plans beside each other: to a customer they mark the plan in use, and lead to the billing page.
import {api, said} from '../lib/api.js';
import {session} from '../lib/session.js';
import {date} from '../lib/words.js';

/** @typedef {import('../lib/api-schema.js').components['schemas']['SubscriptionOut']} Subscription */

/** The smallest plan first. */
const cards = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.plan[data-plan]')]);

session.addEventListener('change', () => {
  if (session.state === 'signed-in') void markOwnPlan();
});

/** A service that is away leaves the cards as they are for everybody. */
async function markOwnPlan() {
  const subscription = await said(api.GET('/api/billing/subscription')).catch(() => null);
  if (!subscription) return;
  const own = cards.findIndex(({dataset}) => dataset.plan === subscription.plan);
  for (const [place, card] of cards.entries()) showToCustomer(card, place - own, subscription);
}

/**
 * @param {HTMLElement} card
 * @param {number} above the customer's plan: 0 is their own, a smaller one is below 0
 * @param {Subscription} subscription
 */
function showToCustomer(card, above, subscription) {
  const {plan = '', title = ''} = card.dataset;
  const link = /** @type {HTMLAnchorElement | null} */ (card.querySelector('a.button'));
  card.classList.toggle('chosen', above === 0);
  if (!link) return;
  const {pending_plan: pending, cancel_at_period_end: isCancelled, ends_at: ends, current_period_end: periodEnd} = subscription;
  const isComing = plan === (isCancelled ? 'free' : pending);
  link.textContent = above === 0 ? 'Your plan' : isComing ? `Begins on ${date((isCancelled ? ends : periodEnd) ?? '')}` : `Change to ${title}`;
  // Back to Free is a cancellation, which has its place there.
  link.href = above === 0 || isComing || plan === 'free' ? '/billing' : `/billing?plan=${plan}`;
  link.classList.toggle('main', above > 0);
  if (above === 0) link.setAttribute('aria-current', 'true');
}

if (session.state === 'signed-in') void markOwnPlan();
