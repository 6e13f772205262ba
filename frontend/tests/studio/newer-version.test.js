import '../browser.js';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {watchVersions} from '../../pages/studio/newer-version.js';
import {fakeStudio, serve} from './fake-studio.js';

vi.mock('../../ui/toast.js', () => ({toast: vi.fn()}));
const {toast} = await import('../../ui/toast.js');
/** @type {Map<string, () => void>} */
const listeners = new Map();
vi.stubGlobal('addEventListener', (/** @type {string} */ name, /** @type {() => void} */ listener) => listeners.set(name, listener));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.clearAllMocks();
  vi.useRealTimers();
});

/** @param {Record<string, any>} [project] */
function watched(project) {
  const studio = fakeStudio();
  studio.project.adopt({id: 'p1', version: 3, role: 'owner', is_shared: true, ...project});
  watchVersions(studio);
  return studio;
}

test('a newer version of a shared project is told once', async () => {
  serve(() => [200, {id: 'p1', version: 4}]);
  watched();
  await vi.advanceTimersByTimeAsync(70_000);
  expect(toast).toHaveBeenCalledExactlyOnceWith('A newer version of this project was saved elsewhere.', expect.objectContaining({label: 'Open it'}));
});

test('a project of one’s own is looked at when its page is used again', async () => {
  const calls = serve(() => [200, {id: 'p1', version: 3}]);
  watched({is_shared: false});
  await vi.advanceTimersByTimeAsync(70_000);
  expect(calls).toEqual([]);
  listeners.get('focus')?.();
  listeners.get('focus')?.();
  await vi.advanceTimersByTimeAsync(100);
  expect(calls.map(({method, path}) => [method, path])).toEqual([['GET', '/api/projects/p1']]);
  expect(toast).not.toHaveBeenCalled();
});

test('whoever was removed reads it', async () => {
  serve(() => [404, {error: {code: 'NOT_FOUND', message: 'There is no such project.', details: {}}}]);
  const studio = watched({role: 'editor', owner_name: 'Ada'});
  await vi.advanceTimersByTimeAsync(30_000);
  expect(studio.project.words).toBe('No longer shared with you');
});

test('what is not saved yet asks by itself', async () => {
  const calls = serve(() => [200, {id: 'p1', version: 4}]);
  watched().project.isSaved = false;
  await vi.advanceTimersByTimeAsync(70_000);
  expect(calls).toEqual([]);
});
