import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {tokenOf} from '../../pages/studio/share.js';
import {fakeStudio} from './fake-studio.js';

vi.mock('../../ui/toast.js', () => ({toast: vi.fn()}));
const {toast} = await import('../../ui/toast.js');
const {takeLink, watchLinks} = await import('../../pages/studio/sharing.js');

/** @type {Map<string, () => void>} */
const listeners = new Map();
vi.stubGlobal('addEventListener', (/** @type {string} */ name, /** @type {() => void} */ listener) => listeners.set(name, listener));
vi.stubGlobal('removeEventListener', (/** @type {string} */ name) => listeners.delete(name));

beforeEach(async () => {
  location.hash = `#look=${await tokenOf({version: 1, look: 'prism', preset: null, params: {}})}`;
});

/** @param {Record<string, any>} [parts] */
function opened(parts) {
  const studio = fakeStudio({settings: {range: {start_s: 0}, output: {format: 'mp4'}}, ...parts});
  studio.project.adopt({id: 'p1', version: 1, role: 'owner'});
  return studio;
}

test('a link that cannot be used leaves the project open', async () => {
  const studio = opened({tryDraft: () => false});
  await takeLink(studio, false);
  expect(studio.project.id).toBe('p1');
});

test('a look from a link changes no saved project', async () => {
  const studio = opened();
  await takeLink(studio, false);
  expect([studio.project.id, studio.store.draft.look]).toEqual(['', 'prism']);
});

test('a text of one’s own stays, and the look can be undone', async () => {
  location.hash = `#look=${await tokenOf({version: 1, look: 'prism', preset: null, params: {}, text: {title: 'Theirs'}})}`;
  const studio = opened();
  studio.store.change('Title', (/** @type {any} */ draft) => (draft.text = {title: 'Mine'}));
  await takeLink(studio, true);
  expect(studio.store.draft).toMatchObject({look: 'prism', text: {title: 'Mine'}});
  const undo = vi.mocked(toast).mock.calls.at(-1)?.[1];
  expect(undo?.label).toBe('Undo');
  Object.assign(studio, {undo: () => studio.store.undo()});
  undo?.act();
  expect([studio.store.draft.look, studio.project.id]).toEqual(['halo', 'p1']);
  // Pressed late, it takes back nothing else.
  studio.store.change('Title', (/** @type {any} */ draft) => (draft.text = {title: 'Another'}));
  undo?.act();
  expect(studio.store.draft.text).toEqual({title: 'Another'});
});

test('a visitor who has nothing yet gets the text of the link too', async () => {
  location.hash = `#look=${await tokenOf({version: 1, look: 'prism', preset: null, params: {}, text: {title: 'Theirs'}})}`;
  const studio = opened();
  await takeLink(studio, false);
  expect(studio.store.draft.text).toEqual({title: 'Theirs'});
});

test('a link that is pasted into an open studio is taken', async () => {
  const studio = opened();
  const stop = watchLinks(studio);
  listeners.get('hashchange')?.();
  await vi.waitFor(() => expect(studio.store.draft.look).toBe('prism'));
  stop();
  expect(listeners.has('hashchange')).toBe(false);
});

test('another part of the address takes nothing', () => {
  location.hash = '#panel';
  const studio = opened();
  watchLinks(studio);
  listeners.get('hashchange')?.();
  expect(studio.project.id).toBe('p1');
});
