// A change of plan in words: what is asked before, and what is said afterwards.
import {date, money} from '../../lib/words.js';

/**
 * @typedef {import('../../lib/api-schema.js').components['schemas']} Schemas
 * @typedef {Pick<Schemas['PreviewOut'], 'amount_now' | 'credit' | 'currency' | 'next_amount' | 'next_at' | 'starts_at'>} Preview
 * @typedef {{title: string, text: string, yes: string, done: string}} Question done: what is said after a yes
 */

/**
 * A change that begins within a minute begins now: our clock may be behind the payment service's.
 */
const NOW_MS = 60_000;

/**
 * @param {string} title of the plan
 * @param {Preview} preview
 * @param {number} [now]
 * @returns {Question}
 */
export function changeQuestion(title, preview, now = Date.now()) {
  const {amount_now: due, credit, currency, starts_at: starts} = preview;
  if (due <= 0 && new Date(starts).getTime() > now + NOW_MS) {
    return {
      title: `Change to ${title}?`,
      text: `${title} begins on ${date(starts)}. Until then nothing changes. ${laterOf(preview)}`,
      yes: `Change to ${title}`, done: `${title} begins on ${date(starts)}.`,
    };
  }
  const rest = credit ? `, with ${money(credit, currency)} for the rest of your present month taken off` : '';
  return {
    title: `Change to ${title}?`,
    text: `You pay ${money(due, currency)} now${rest}. ${laterOf(preview)}`,
    yes: `Pay ${money(due, currency)}`, done: `You are on ${title} now.`,
  };
}

/**
 * A change that was planned for the next month is taken back.
 * @param {string} title of the plan that stays
 * @param {string} planned the title of the plan that will not begin
 * @param {Preview} preview
 * @returns {Question}
 */
export function keepQuestion(title, planned, preview) {
  return {
    title: `Keep ${title}?`,
    text: `You stay on ${title} and do not change to ${planned}. You pay nothing now. ${laterOf(preview)}`,
    yes: `Keep ${title}`, done: `You keep ${title}.`,
  };
}

/** @param {Preview} preview */
function laterOf({next_amount: next, next_at: nextAt, currency}) {
  return `Then ${money(next, currency)} on ${date(nextAt)}, and every month from then on.`;
}
