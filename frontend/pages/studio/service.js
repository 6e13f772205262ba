// What the studio asks the service: plans, what is left of them, submitting, paying.
import {ApiError, api, said} from '../../lib/api.js';
import {underProject} from '../../lib/project-label.js';
import {session} from '../../lib/session.js';

/** @typedef {import('../../lib/api-schema.js').components['schemas']['PlanOut']} Plan */

/**
 * The plans, the smallest first, and the visitor's own; nothing where the service is away.
 * @returns {Promise<{plans?: Plan[], single?: Plan, planName?: string}>} single: what a render that is bought allows
 */
export async function plansOf() {
  try {
    const [{plans, render: single}, profile] = await Promise.all([
      said(api.GET('/api/billing/plans')),
      session.state === 'signed-in' ? said(api.GET('/api/user/profile')) : null,
    ]);
    return {plans, single, planName: profile?.plan ?? 'free'};
  } catch (error) {
    if (error instanceof ApiError) return {};
    throw error;
  }
}

/** Name, plan, whether the address is confirmed, renders left, credits. */
export const profile = () => said(api.GET('/api/user/profile'));

export const sendConfirmation = () => said(api.POST('/api/auth/verify-email/send'));

/** @typedef {import('../../lib/api-schema.js').components['schemas']['EstimateOut']} Estimate */

/**
 * Size, time and price of a render, by the code that will decide when it is ordered.
 * @param {Record<string, any>} settings
 * @param {{durationS: number, bytes: number}} song
 * @returns {Promise<Estimate>}
 */
export function estimate(settings, {durationS, bytes}) {
  return said(
    api.POST('/api/render/estimate', {
      body: {settings: /** @type {any} */ (settings), duration_s: durationS, song_bytes: bytes},
    }),
  );
}

/** @typedef {{uploadId: string, settings: Record<string, any>, projectId: string | null}} Order projectId: which project lists the render */

/**
 * @param {Order & {payWith?: 'credit' | null}} order payWith: a render that was bought; otherwise the plan where it can
 * @param {string} key the same for the same click, so that a second try does not make a second render
 */
export function submit({uploadId, settings, projectId, payWith = null}, key) {
  const params = {header: {'Idempotency-Key': key}};
  return underProject(projectId, (id) => said(api.POST('/api/render/submit', {params, body: {upload_id: uploadId, settings, project_id: id, pay_with: payWith}})));
}

/** Take an order back; its right returns where no frame was drawn. @param {string} id */
export const cancelRender = (id) => said(api.POST('/api/render/cancel/{job_id}', {params: {path: {job_id: id}}}));

/**
 * Open the page on which this one render is paid.
 * @param {Order} order
 * @returns {Promise<string>} its address
 */
export function checkoutFor({uploadId, settings, projectId}) {
  return underProject(projectId, (id) => checkout({kind: 'render', plan: null, render: {upload_id: uploadId, settings, project_id: id}}));
}

/**
 * Open the page on which a first plan is bought.
 * @param {string} name
 * @returns {Promise<string>} its address
 */
export function checkoutForPlan(name) {
  return checkout({kind: 'subscription', plan: /** @type {any} */ (name), render: null});
}

/** @param {import('../../lib/api-schema.js').components['schemas']['CreateSessionIn']} body */
async function checkout(body) {
  try {
    return (await said(api.POST('/api/payments/create-session', {body}))).checkout_url;
  } catch (error) {
    // Another click or tab has opened it.
    const open = error instanceof ApiError && error.code === 'DUPLICATE_PAYMENT_SESSION' ? error.details.checkout_url : null;
    if (typeof open === 'string') return open;
    throw error;
  }
}
