import {describe, expect, test} from 'vitest';
import {changeQuestion, keepQuestion} from '../../pages/billing/plan-change.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const preview = {amount_now: 0, credit: 0, currency: 'usd', next_amount: 999, next_at: '2026-03-20T12:00:00Z', starts_at: '2026-03-20T12:00:00Z'};

describe('a change of plan', () => {
  test('to a larger one says what is paid now, and what is taken off', () => {
    const {title, text, yes, done} = changeQuestion('Enterprise', {...preview, amount_now: 1500, credit: 500, next_amount: 2000, starts_at: '2026-03-01T12:00:00Z'}, NOW);
    expect(title).toBe('Change to Enterprise?');
    expect(text).toMatch(/^You pay \$15\.00 now, with \$5\.00 for the rest of your present month taken off\. Then \$20\.00 on 20 March/);
    expect([yes, done]).toEqual(['Pay $15.00', 'You are on Enterprise now.']);
  });

  test('to a smaller one says when it begins', () => {
    const {text, yes, done} = changeQuestion('Pro', preview, NOW);
    expect(text).toMatch(/^Pro begins on 20 March.*Until then nothing changes\./);
    expect(yes).toBe('Change to Pro');
    expect(done).toMatch(/^Pro begins on 20 March/);
  });

  test('that is free and begins at once is a change now', () => {
    expect(changeQuestion('Pro', {...preview, starts_at: '2026-03-01T12:00:30Z'}, NOW).done).toBe('You are on Pro now.');
  });

  test('that is taken back says that nothing is paid, and what is paid next', () => {
    const {title, text, yes} = keepQuestion('Enterprise', 'Pro', {...preview, next_amount: 2000});
    expect([title, yes]).toEqual(['Keep Enterprise?', 'Keep Enterprise']);
    expect(text).toMatch(/do not change to Pro\. You pay nothing now\. Then \$20\.00 on 20 March/);
  });
});
