import '../browser.js';
import {expect, test, vi} from 'vitest';
import {ApiError} from '../../lib/api.js';
import {underProject} from '../../lib/project-label.js';
import {serve} from '../studio/fake-studio.js';
import {checkoutFor, submit} from '../../pages/studio/service.js';

/** @param {number} status */
const refusal = (status) => new ApiError(status, {code: 'NO', message: 'No.', details: {}});

test('an order is sent once, under its project', async () => {
  const send = vi.fn(async () => 'job');
  expect(await underProject('p1', send)).toBe('job');
  expect(send.mock.calls).toEqual([['p1']]);
});

test.each([403, 404])('an order whose project answers %i is sent without it', async (status) => {
  const send = vi.fn(async (/** @type {string | null} */ id) => {
    if (id) throw refusal(status);
    return 'job';
  });
  expect(await underProject('p1', send)).toBe('job');
});

test('another refusal is not tried again', async () => {
  const send = vi.fn(async () => Promise.reject(refusal(402)));
  await expect(underProject('p1', send)).rejects.toThrow('No.');
  expect(send).toHaveBeenCalledOnce();
});

test('the studio names its project in an order, paid or not', async () => {
  const calls = serve(() => [200, {id: 'j1', checkout_url: 'https://pay.test/'}]);
  const order = {uploadId: 'u1', settings: {look: 'halo'}, projectId: 'p1'};
  await submit(order, 'key');
  await checkoutFor(order);
  expect(calls.map(({body}) => body.project_id ?? body.render.project_id)).toEqual(['p1', 'p1']);
});
