import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {serve} from '../studio/fake-studio.js';

vi.mock('../../ui/dialog.js', () => ({askOf: vi.fn()}));
const {askOf} = await import('../../ui/dialog.js');
const {orderAgain} = await import('../../pages/render/order-again.js');

beforeEach(() => void vi.clearAllMocks());

/**
 * Order a render of the plan again, and return where it leads and what was submitted.
 * @param {Record<string, any>} facts what the service expects today
 * @param {Record<string, any>} [status]
 */
async function order(facts, status = {}) {
  const calls = serve(({path}) => {
    if (path.startsWith('/api/uploads/')) return [200, {duration_s: 200, size_bytes: 9}];
    return [200, path === '/api/render/estimate' ? facts : {id: 'j2'}];
  });
  const render = {id: 'j1', upload_id: 'u1', project_id: null, settings: {look: 'halo'}, watermark: false, paid_with: 'plan', ...status};
  const address = await orderAgain(/** @type {any} */ (render));
  const submitted = calls.filter(({path}) => path === '/api/render/submit').map(({body}) => body.pay_with);
  return {address, submitted, estimated: calls.find(({path}) => path === '/api/render/estimate')?.body};
}

test('an order that gives the same video is sent without a question', async () => {
  const {address, submitted, estimated} = await order({right: 'plan', watermark: false});
  expect([address, submitted]).toEqual(['/render/j2', ['plan']]);
  expect(estimated).toEqual({settings: {look: 'halo'}, duration_s: 200, song_bytes: 9});
  expect(await order({right: 'plan', watermark: true}, {watermark: true})).toMatchObject({address: '/render/j2'});
  expect(askOf).not.toHaveBeenCalled();
});

test.each([
  ['order', '/render/j2', ['plan']],
  ['studio', '/studio?render=j1&order=again', []],
  ['', null, []],
  [null, null, []],
])('a watermark that the first order did not have is asked about: %s', async (choice, leadsTo, sent) => {
  vi.mocked(askOf).mockResolvedValueOnce(choice);
  const {address, submitted} = await order({right: 'plan', watermark: true});
  expect([address || null, submitted]).toEqual([leadsTo, sent]);
  expect(askOf).toHaveBeenCalledOnce();
});

test('what the plan does not pay for any more is ordered in the studio, which says what else there is', async () => {
  for (const right of ['credit', 'payment', null]) {
    expect(await order({right, watermark: false})).toMatchObject({address: '/studio?render=j1&order=again', submitted: []});
  }
});

test('a render that was bought is ordered as one', async () => {
  expect(await order({}, {paid_with: 'credit'})).toMatchObject({address: '/render/j2', submitted: ['credit'], estimated: undefined});
});
