import '../browser.js';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {pause} from '../../lib/pause.js';

/** @type {EventTarget} */
let browser;

beforeEach(() => {
  vi.useFakeTimers();
  browser = new EventTarget();
  vi.stubGlobal('addEventListener', browser.addEventListener.bind(browser));
});
afterEach(() => void vi.useRealTimers());

test('it lasts as long as it was asked for', async () => {
  const done = vi.fn();
  void pause(1000, new AbortController().signal).then(done);
  await vi.advanceTimersByTimeAsync(999);
  expect(done).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(done).toHaveBeenCalledOnce();
});

test('it ends as soon as the browser is online again', async () => {
  const done = vi.fn();
  void pause(60_000, new AbortController().signal).then(done);
  browser.dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(0);
  expect(done).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('it rejects where somebody has no more patience', async () => {
  const impatient = new AbortController();
  const waiting = pause(60_000, impatient.signal);
  impatient.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(vi.getTimerCount()).toBe(0);
});
