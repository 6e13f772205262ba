// The renders that were paid for one by one, with their receipts.
import {html, nothing} from 'lit';
import {dateAndYear, money} from '../../lib/words.js';

/** @typedef {import('../../lib/api-schema.js').components['schemas']['PaymentOut']} Payment */

/** @param {import('../../lib/pages.js').Pages<Payment>} payments */
export function paymentTable(payments) {
  if (payments.state === 'loading') return html`<div class="skeleton bills"></div>`;
  if (payments.state === 'failed') return trouble(payments, () => payments.reload());
  if (!payments.items.length) return html`<p class="quiet">No single payment yet. When you buy a single render, it is listed here with its receipt.</p>`;
  return html`<div class="scroller"><table>
      <thead><tr><th scope="col">Date</th><th scope="col">For</th><th scope="col">Amount</th><th scope="col">State</th><th scope="col"><span class="only-heard">Links</span></th></tr></thead>
      <tbody>${payments.items.map(row)}</tbody></table></div>
    ${payments.trouble ? trouble(payments, () => payments.more()) : nothing}
    ${payments.hasMore && !payments.trouble ? html`<button class="button more" type="button" @click=${() => void payments.more()}>Show more payments</button>` : nothing}`;
}

/** @param {Payment} payment */
function row(payment) {
  const {created_at: made, what, amount, currency, error, checkout_url: page, receipt_url: receipt, job_id: job} = payment;
  return html`<tr>
    <td>${dateAndYear(made)}</td><td>${what}${error ? html`<span class="reason quiet">${error}</span>` : nothing}</td><td class="number">${money(amount, currency)}</td>
    <td>${paymentState(payment)}</td>
    <td>${page ? html`<a href=${page} rel="noreferrer">Pay</a>` : nothing} ${receipt ? html`<a href=${receipt} rel="noreferrer">Receipt</a>` : nothing} ${job ? html`<a href="/render/${job}">Render</a>` : nothing}</td>
  </tr>`;
}

/** @param {Pick<Payment, 'status' | 'amount' | 'currency' | 'refunded' | 'disputed'>} payment */
export function paymentState({status, amount, currency, refunded, disputed}) {
  if (refunded) return refundState({amount, currency, refunded});
  if (disputed) return 'Disputed';
  return {pending: 'Not paid yet', failed: 'Not paid', completed: 'Paid'}[status];
}

/**
 * How much went back, in words; null if nothing did.
 * @param {Pick<Payment, 'amount' | 'currency' | 'refunded'>} payment
 */
export function refundState({amount, currency, refunded}) {
  if (!refunded) return null;
  return refunded >= amount ? 'Refunded' : `${money(refunded, currency)} refunded`;
}

/**
 * @param {import('../../lib/pages.js').Pages<Payment>} payments
 * @param {() => Promise<void>} again
 */
const trouble = (payments, again) => html`<p class="quiet" role="alert">${payments.trouble?.message} <button class="button" type="button" @click=${() => void again()}>Try again</button></p>`;
