import '../browser.js';
import {expect, test} from 'vitest';
import {sentence} from '../../pages/billing/billing.js';

/** @type {any} */
const NONE = {current_period_end: null, cancel_at_period_end: false, ends_at: null};
/** @type {any[]} */
const [FREE, PRO] = [{name: 'free', title: 'Free', price_cents: 0}, {name: 'pro', title: 'Pro', price_cents: 999}];

test('a plan that an operator has given reads as given', () => {
  expect(sentence(NONE, PRO, undefined)).toBe('You have Pro free of charge, without a subscription.');
});

test('Free costs nothing', () => {
  expect(sentence(NONE, FREE, undefined)).toBe('No subscription. Everything that Free includes costs nothing.');
});
