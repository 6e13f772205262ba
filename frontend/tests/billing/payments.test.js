import {expect, test} from 'vitest';
import {paymentState} from '../../pages/billing/payments.js';

const paid = {status: /** @type {const} */ ('completed'), amount: 499, currency: 'usd', refunded: 0, disputed: false};

test.each([
  [paid, 'Paid'],
  [{...paid, status: /** @type {const} */ ('pending')}, 'Not paid yet'],
  [{...paid, status: /** @type {const} */ ('failed')}, 'Not paid'],
  [{...paid, refunded: 499}, 'Refunded'],
  [{...paid, refunded: 100}, '$1.00 refunded'],
  [{...paid, disputed: true}, 'Disputed'],
  [{...paid, disputed: true, refunded: 499}, 'Refunded'],
])('%o is “%s”', (payment, words) => {
  expect(paymentState(payment)).toBe(words);
});
