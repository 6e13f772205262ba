// A customer's plan: what it is, what is used of it, how to change or end it, and the invoices.
import {LitElement, html, nothing} from 'lit';
import {ApiError, api, said} from '../../lib/api.js';
import {Pages} from '../../lib/pages.js';
import {counted, date, dateAndYear, minutes, money, size} from '../../lib/words.js';
import {ask} from '../../ui/dialog.js';
import {meter} from '../../ui/meter.js';
import {signedIn} from '../../ui/signed-in.js';
import {toast} from '../../ui/toast.js';
import {paymentTable, refundState} from './payments.js';
import {changeQuestion, keepQuestion} from './plan-change.js';

/**
 * @typedef {import('../../lib/api-schema.js').components['schemas']} Schemas
 * @typedef {Schemas['PlanOut']} Plan
 * @typedef {Schemas['SubscriptionOut']} Subscription
 */

const ASK_MS = 3000;

export class Billing extends LitElement {
  static properties = {
    subscription: {state: true}, plans: {state: true}, profile: {state: true}, invoices: {state: true},
    trouble: {state: true}, busy: {state: true}, wanted: {state: true},
  };

  constructor() {
    super();
    /** @type {Subscription | null} */
    this.subscription = null;
    /** @type {Schemas['PlansOut'] | null} */
    this.plans = null;
    /** @type {Schemas['ProfileOut'] | null} */
    this.profile = null;
    /** @type {Schemas['InvoiceOut'][] | 'unknown' | null} null while they are under way */
    this.invoices = null;
    /** @type {ApiError | null} */
    this.trouble = null;
    this.busy = false;
    /** @type {Plan | null} what is bought once the address is confirmed */
    this.wanted = null;
    this.waiting = 0;
    /** @type {Pages<Schemas['PaymentOut']>} of single renders */
    this.payments = new Pages((page) => said(api.GET('/api/payments/history', {params: {query: {kind: 'render', page, per_page: 20}}})));
    this.payments.addEventListener('change', () => this.requestUpdate());
  }

  createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  async connectedCallback() {
    super.connectedCallback();
    if (!(await signedIn())) return;
    await this.load();
    const wanted = new URLSearchParams(location.search).get('plan');
    history.replaceState(null, '', location.pathname + location.hash);
    const plan = this.plans?.plans.find(({name}) => name === wanted);
    if (plan && this.subscription && plan.name !== this.subscription.plan) await this.take(plan);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.waiting);
  }

  async load() {
    try {
      [this.subscription, this.plans, this.profile] = await Promise.all([
        said(api.GET('/api/billing/subscription')), said(api.GET('/api/billing/plans')), said(api.GET('/api/user/profile')),
      ]);
      this.trouble = null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.trouble = error;
      return;
    }
    void this.payments.reload();
    // They come from the payment service, which may be away.
    this.invoices = await said(api.GET('/api/billing/invoices', {params: {query: {per_page: 100}}})).then(({items}) => items, () => 'unknown');
  }

  get plan() {
    return this.plans?.plans.find(({name}) => name === this.subscription?.plan);
  }

  /** @param {() => Promise<void>} act */
  async attempt(act) {
    if (this.busy) return;
    this.busy = true;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    } finally {
      this.busy = false;
    }
  }

  /** Change to a plan, or subscribe to it. @param {Plan} plan */
  async take(plan) {
    if (!this.profile?.email_verified) {
      this.wanted = plan;
      this.waiting = window.setTimeout(() => void this.lookAgain(), ASK_MS);
      return;
    }
    if (this.subscription?.current_period_end) await this.attempt(() => this.change(plan));
    else await this.attempt(() => this.subscribe(plan));
  }

  /** Whether the address was confirmed meanwhile, in another tab. */
  async lookAgain() {
    clearTimeout(this.waiting);
    this.profile = await said(api.GET('/api/user/profile')).catch(() => this.profile);
    if (this.wanted && this.isConnected) await this.take(this.wanted);
    if (this.profile?.email_verified) this.wanted = null;
  }

  /** @param {Plan} plan */
  async subscribe({name}) {
    try {
      const {checkout_url: url} = await said(api.POST('/api/payments/create-session', {body: {kind: 'subscription', plan: /** @type {any} */ (name), render: null}}));
      location.assign(url);
    } catch (error) {
      // Another click or tab has opened it.
      const url = error instanceof ApiError ? error.details.checkout_url : null;
      if (typeof url !== 'string') throw error;
      location.assign(url);
    }
  }

  /** Change to another plan, or keep the present one in place of the one that was to begin. @param {Plan} plan */
  async change({name, title}) {
    const preview = await said(api.POST('/api/billing/change/preview', {body: {plan: name}}));
    const question = name === this.subscription?.plan ? keepQuestion(title, this.titleOf(this.subscription.pending_plan), preview) : changeQuestion(title, preview);
    if (!(await ask(question))) return;
    this.subscription = await said(api.POST('/api/billing/change', {body: {plan: name, token: preview.token}}));
    toast(question.done);
    await this.load();
  }

  /** @param {string | null | undefined} name */
  titleOf(name) {
    return this.plans?.plans.find((plan) => plan.name === name)?.title ?? 'another plan';
  }

  async cancel() {
    const end = this.subscription?.current_period_end;
    const sure = await ask({
      title: `Cancel ${this.plan?.title ?? 'your plan'}?`,
      text: `It runs until ${end ? date(end) : 'the end of the paid month'} and is not charged again. Your projects and videos stay; after that day the Free plan’s limits apply.`,
      yes: 'Cancel the plan', no: 'Keep it', danger: true,
    });
    if (!sure) return;
    await this.attempt(async () => {
      this.subscription = await said(api.POST('/api/billing/cancel'));
    });
  }

  resume() {
    return this.attempt(async () => {
      this.subscription = await said(api.POST('/api/billing/resume'));
      toast('Your plan will continue.');
    });
  }

  portal() {
    return this.attempt(async () => location.assign((await said(api.POST('/api/billing/portal'))).url));
  }

  render() {
    const {subscription, plans, trouble} = this;
    if (trouble) {
      return html`<h1>Billing</h1><div class="empty" role="alert"><p>${trouble.message}</p><button class="button" type="button" @click=${() => void this.load()}>Try again</button></div>`;
    }
    if (!subscription || !plans) return html`<h1>Billing</h1><div class="skeleton now"></div><div class="skeleton now"></div>`;
    return html`<h1>Billing</h1>
      ${this.wanted ? html`<div class="notice" role="status">
        <p><strong>Confirm your email address first.</strong> We have sent an email to ${this.profile?.email}. Open the link in it; this page then goes on to the payment of ${this.wanted.title}.</p>
        <button class="button" type="button" @click=${() => this.attempt(async () => toast((await said(api.POST('/api/auth/verify-email/send'))).message))}>Send it again</button>
      </div>` : nothing}
      ${this.now(subscription)}
      <section aria-labelledby="plans"><h2 id="plans">Plans</h2>
        <ul class="plans">${plans.plans.map((plan) => this.card(plan, plans.plans))}</ul>
        <p class="quiet single">Need just one video? A single render costs ${money(plans.render.price_cents, 'usd')}: choose what you want in the studio, and pay when you press Render.</p>
      </section>
      <section aria-labelledby="invoices"><h2 id="invoices">Invoices</h2>${this.bills()}</section>
      <section aria-labelledby="payments"><h2 id="payments">Single payments</h2>${paymentTable(this.payments)}</section>`;
  }

  /** @param {Subscription} subscription */
  now(subscription) {
    const {statistics} = this.profile ?? {};
    const {current_period_end: end, status, trial_ends_at: trial} = subscription;
    return html`<section class="card now" aria-label="Your plan">
      <div class="what">
        <h2>${this.plan?.title}</h2>
        <p class="quiet">${sentence(subscription, this.plan, this.plans?.plans.find(({name}) => name === subscription.pending_plan))}</p>
        ${status === 'past_due' ? html`<p class="notice problem" role="status">The last payment failed. We try again during the next two weeks, and your plan stays until then. Please check your card.</p>` : nothing}
        ${trial ? html`<p class="quiet">Your free trial ends on ${date(trial)}.</p>` : nothing}
        ${end ? html`<div class="row">
          <button class="button" type="button" ?disabled=${this.busy} @click=${this.portal}>Payment method and receipts</button>
          ${subscription.cancel_at_period_end
            ? html`<button class="button main" type="button" ?disabled=${this.busy} @click=${this.resume}>Keep my plan</button>`
            : html`<button class="button plain" type="button" ?disabled=${this.busy} @click=${this.cancel}>Cancel the plan</button>`}
        </div>` : nothing}
      </div>
      ${statistics ? html`<div class="used">
        ${statistics.renders_limit === null
          ? html`<p>${counted(statistics.renders_this_period, 'render')} this month, without a limit</p>`
          : meter('Renders this month', `${statistics.renders_this_period} of ${statistics.renders_limit}`, statistics.renders_this_period / statistics.renders_limit)}
        ${statistics.storage_limit === null ? nothing : meter('Storage', `${size(statistics.storage_bytes)} of ${size(statistics.storage_limit)}`, statistics.storage_bytes / statistics.storage_limit)}
        ${statistics.credits ? html`<p>${counted(statistics.credits, 'single render')} left: up to 1080p at 60 fps, without a watermark.</p>` : nothing}
      </div>` : nothing}
    </section>`;
  }

  /**
   * @param {Plan} plan
   * @param {Plan[]} all the smallest first
   */
  card(plan, all) {
    const mine = plan.name === this.subscription?.plan;
    const pending = this.subscription?.pending_plan;
    const isLarger = all.indexOf(plan) > all.findIndex(({name}) => name === this.subscription?.plan);
    const frame = plan.largest_frame === 2160 ? '4K' : `${plan.largest_frame}p`;
    return html`<li class="plan card ${mine ? 'chosen' : ''}">
      <h3>${plan.title}</h3>
      <p class="price"><strong class="number">${money(plan.price_cents, 'usd')}</strong>${plan.price_cents ? html` <span class="quiet">a month</span>` : nothing}</p>
      <ul class="ticks">
        <li>${plan.renders ?? 'Unlimited'} renders a month</li>
        <li>Up to ${frame} at ${Math.max(...plan.frame_rates)} fps</li>
        <li class=${plan.watermark ? 'but' : ''}>${plan.watermark ? 'Small watermark' : 'No watermark'}</li>
        <li>Songs up to ${minutes(plan.song_seconds)}</li>
        ${plan.storage_bytes === null ? nothing : html`<li>${size(plan.storage_bytes)} of storage</li>`}
      </ul>
      ${mine && !pending
        ? html`<p class="mine quiet">Your plan</p>`
        : plan.name === pending
          ? html`<p class="mine quiet">Begins on ${date(this.subscription?.current_period_end ?? '')}</p>`
          : plan.price_cents
            ? html`<button class="button wide ${isLarger || mine ? 'main' : ''}" type="button" ?disabled=${this.busy} @click=${() => this.take(plan)}>${mine ? 'Keep' : 'Change to'} ${plan.title}</button>`
            : this.subscription?.cancel_at_period_end
              ? html`<p class="mine quiet">Begins on ${date(this.subscription.ends_at ?? '')}</p>`
              : this.subscription?.current_period_end
                ? html`<button class="button wide" type="button" ?disabled=${this.busy} @click=${this.cancel}>Change to ${plan.title}</button>`
                : nothing}
    </li>`;
  }

  bills() {
    const {invoices} = this;
    if (!invoices) return html`<div class="skeleton bills"></div>`;
    if (invoices === 'unknown') return html`<p class="quiet">We cannot show your invoices right now. <button class="button" type="button" @click=${() => void this.load()}>Try again</button></p>`;
    if (!invoices.length) return html`<p class="quiet">No invoice yet. A subscription has one for each month.</p>`;
    return html`<div class="scroller"><table>
      <thead><tr><th scope="col">Date</th><th scope="col">Number</th><th scope="col">Amount</th><th scope="col">State</th><th scope="col"><span class="only-heard">Files</span></th></tr></thead>
      <tbody>${invoices.map((bill) => html`<tr>
        <td>${dateAndYear(bill.created_at)}</td><td>${bill.number ?? ''}</td><td class="number">${money(bill.amount, bill.currency)}</td>
        <td>${refundState(bill) ?? {open: 'Open', paid: 'Paid', uncollectible: 'Not paid', void: 'Void'}[bill.status]}</td>
        <td>${bill.pdf_url ? html`<a href=${bill.pdf_url} rel="noreferrer">PDF</a>` : nothing} ${bill.status === 'open' && bill.page_url ? html`<a href=${bill.page_url} rel="noreferrer">Pay</a>` : nothing}</td>
      </tr>`)}</tbody></table></div>`;
  }
}

/**
 * What comes next, in a sentence.
 * @param {Subscription} subscription
 * @param {Plan | undefined} plan
 * @param {Plan | undefined} pending the plan that begins with the next month
 */
export function sentence({current_period_end: end, cancel_at_period_end: isCancelled, ends_at: ends}, plan, pending) {
  if (!end && plan?.price_cents) return `You have ${plan.title} free of charge, without a subscription.`;
  if (!end) return 'No subscription. Everything that Free includes costs nothing.';
  if (isCancelled || ends) return `It ends on ${date(ends ?? end)} and is not charged again.`;
  if (pending) return `It runs until ${date(end)}. Then ${pending.title} begins, for ${money(pending.price_cents, 'usd')} a month.`;
  return `Next payment: ${plan ? `${money(plan.price_cents, 'usd')} on ` : ''}${date(end)}.`;
}
