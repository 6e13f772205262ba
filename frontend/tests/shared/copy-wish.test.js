import '../browser.js';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {rememberCopy, takeCopy} from '../../pages/shared/copy-wish.js';

beforeEach(() => {
  vi.useFakeTimers();
  location.pathname = '/s/abc';
});
afterEach(() => void vi.useRealTimers());

test('a copy that was asked for before signing in is made once', () => {
  rememberCopy();
  expect([takeCopy(), takeCopy()]).toEqual([true, false]);
});

test('a copy that was asked for long ago is not made', () => {
  rememberCopy();
  vi.advanceTimersByTime(16 * 60_000);
  expect(takeCopy()).toBe(false);
});

test('a copy of another project is not made', () => {
  rememberCopy();
  location.pathname = '/s/def';
  expect(takeCopy()).toBe(false);
});

test('what an earlier version has kept is ignored', () => {
  sessionStorage.setItem('oriel.copy', '/s/abc');
  expect(takeCopy()).toBe(false);
});
