import '../browser.js';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {ApiError} from '../../lib/api.js';

vi.mock('../../lib/session.js', () => ({session: {state: 'signed-in', restore: async () => true}}));
vi.mock('../../ui/toast.js', () => ({toast: vi.fn()}));
const {Shared} = await import('../../pages/shared/shared.js');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page that shows a project, and its source. @returns {any} */
function shown() {
  const page = /** @type {any} */ (new Shared());
  page.source = {invitedTo: '', open: vi.fn(async () => ({}))};
  page.live = Promise.resolve({pause: vi.fn()});
  page.show({name: 'Night Drive', role: 'viewer'});
  return page;
}

test('a page that is open notices that the project is shared no longer', async () => {
  const page = shown();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(page.state).toBe('shown');
  page.source.open.mockRejectedValue(new ApiError(404, {code: 'NOT_FOUND', message: 'Its owner has switched it off.', details: {}}));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(page).toMatchObject({state: 'unknown', problem: 'Its owner has switched it off.'});
  expect((await page.live).pause).toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(page.source.open).toHaveBeenCalledTimes(2);
});

test('a service that is away for a moment changes nothing', async () => {
  const page = shown();
  page.source.open.mockRejectedValueOnce(new ApiError(0, {code: 'UNREACHABLE', message: 'Away.', details: {}}));
  await vi.advanceTimersByTimeAsync(40_000);
  expect(page.state).toBe('shown');
  expect(page.source.open).toHaveBeenCalledTimes(2);
});
