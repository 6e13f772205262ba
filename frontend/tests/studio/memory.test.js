import '../browser.js';
import {afterEach, expect, test, vi} from 'vitest';
import {bringBack} from '../../pages/studio/memory.js';
import {openRenderDialog} from '../../pages/studio/render-dialog.js';
import {fakeStudio, serve} from './fake-studio.js';

vi.mock('../../pages/studio/render-dialog.js', () => ({openRenderDialog: vi.fn()}));
vi.mock('../../ui/toast.js', () => ({toast: vi.fn()}));
vi.mock('../../lib/session.js', () => ({session: {state: 'signed-in', restore: async () => true}}));
vi.mock('../../pages/studio/newer-version.js', () => ({watchVersions: vi.fn()}));
vi.mock('../../pages/studio/sharing.js', () => ({takeLink: async () => {}, downloadSettings: vi.fn()}));
/** @type {(() => void)[]} */
const lost = vi.hoisted(() => []);
vi.mock('../../pages/studio/tab-lock.js', () => ({takeOver: async (/** @type {() => void} */ tell) => void lost.push(tell)}));

vi.stubGlobal('localStorage', sessionStorage);
vi.stubGlobal('matchMedia', () => ({matches: false}));
/** @type {Map<string, () => void>} */
const listeners = new Map();
vi.stubGlobal('addEventListener', (/** @type {string} */ name, /** @type {() => void} */ listener) => listeners.set(name, listener));

afterEach(() => void vi.restoreAllMocks());

test('a tab stops saving its project when another takes over, and goes on when it is used again', async () => {
  const studio = fakeStudio();
  await bringBack(studio);
  const stop = vi.spyOn(studio.project, 'stop');
  lost.at(-1)?.();
  expect(studio.otherTab).toBe(true);
  expect(stop).toHaveBeenCalled();
  const follow = vi.spyOn(studio.project, 'follow');
  listeners.get('focus')?.();
  await vi.waitFor(() => expect(follow).toHaveBeenCalled());
  expect(studio.otherTab).toBe(false);
});

test('what is pressed while another tab has the project is done after the switch', async () => {
  const studio = fakeStudio();
  await bringBack(studio);
  lost.at(-1)?.();
  const button = new HTMLElement();
  const press = {target: Object.assign(button, {closest: () => button, click: vi.fn()}), preventDefault: vi.fn(), stopImmediatePropagation: vi.fn()};
  vi.stubGlobal('Element', HTMLElement);
  /** @type {any} */ (listeners.get('click'))(press);
  expect(press.stopImmediatePropagation).toHaveBeenCalled();
  expect(press.target.click).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(press.target.click).toHaveBeenCalledOnce());
  expect(studio.otherTab).toBe(false);
});

test('what is opened is kept in one step, so that no song stands beside the project before', async () => {
  location.search = '?project=p2';
  serve(() => [200, {id: 'p2', name: 'B', version: 1, role: 'owner', song: null, settings: {version: 1, look: 'halo'}}]);
  const studio = fakeStudio();
  await bringBack(studio);
  const [kept] = studio.storage.putAll.mock.calls.at(-1);
  expect(kept).toMatchObject({draft: {draft: {look: 'halo'}}, page: {name: 'B', project: {id: 'p2'}}});
  expect(Object.entries(kept)).toContainEqual(['song', undefined]);
});

test.each([
  ['output', 'output'],
  // On a wide screen the looks have a place of their own.
  ['looks', 'tune'],
  ['a panel of another version', 'tune'],
])('the panel “%s” comes back as “%s”', async (kept, shown) => {
  location.search = '';
  const studio = fakeStudio({tab: 'tune'});
  studio.storage.get.mockImplementation(async (/** @type {string} */ key) => (key === 'page' ? {tab: kept} : undefined));
  await bringBack(studio);
  expect(studio.tab).toBe(shown);
});

test('a page that leads to the order of what it opens leads there, and to no other order', async () => {
  serve(() => [200, {id: 'p2', name: 'B', version: 1, role: 'owner', song: null, settings: {version: 1, look: 'halo'}}]);
  for (const [search, times] of /** @type {const} */ ([['?project=p2', 0], ['?project=p2&order=no-watermark', 1]])) {
    location.search = search;
    // Pressed a while ago, and confirmed in this browser: not about this project.
    localStorage.setItem('oriel.unconfirmed', JSON.stringify({purpose: 'render', at: Date.now()}));
    const studio = fakeStudio({song: {file: new File([], 'a.wav'), title: 'A'}});
    await bringBack(studio);
    expect(openRenderDialog).toHaveBeenCalledTimes(times);
  }
});

test('what was due to be saved while something was opened does not leave the bar saving', async () => {
  location.search = '?project=p2';
  serve(() => [200, {id: 'p2', name: 'B', version: 1, role: 'owner', song: null, settings: {version: 1, look: 'halo'}}]);
  const studio = fakeStudio({saved: 'Saving…', saveTimer: 7});
  await bringBack(studio);
  expect(studio).toMatchObject({saved: 'Saved in this browser', saveTimer: 0});
});

test('what was changed just before the page ended comes back, as one step that can be undone', async () => {
  location.search = '';
  const leaving = fakeStudio();
  await bringBack(leaving);
  leaving.store.change('Look', (/** @type {any} */ draft) => (draft.look = 'prism'));
  leaving.ownName = 'Dusk';
  // The browser ends the page before the database has written.
  leaving.storage.putAll.mockReturnValue(new Promise(() => {}));
  leave();
  const studio = returning({look: 'halo'});
  await bringBack(studio);
  expect(studio.store.draft.look).toBe('prism');
  expect(studio.ownName).toBe('Dusk');
  expect(studio.store.undo()).toBe('Look');
  expect(studio.store.draft.look).toBe('halo');
});

test('what the database has written comes from there', async () => {
  location.search = '';
  const leaving = fakeStudio();
  await bringBack(leaving);
  leaving.store.change('Look', (/** @type {any} */ draft) => (draft.look = 'prism'));
  leave();
  await vi.waitFor(() => expect(localStorage.getItem('oriel.last-change')).toBeNull());
  const studio = returning({look: 'horizon'});
  await bringBack(studio);
  expect(studio.store.draft.look).toBe('horizon');
});

test('a change that was noted goes to no other project', async () => {
  location.search = '';
  localStorage.setItem('oriel.last-change', JSON.stringify({draft: {version: 1, look: 'prism'}, label: 'Look', name: 'B', project: 'p2'}));
  const studio = returning({look: 'halo'});
  await bringBack(studio);
  expect(studio.store.draft.look).toBe('halo');
});

function leave() {
  Object.assign(document, {visibilityState: 'hidden'});
  document.dispatchEvent(new Event('visibilitychange'));
  Object.assign(document, {visibilityState: 'visible'});
}

/** A studio in whose browser a draft is stored. @param {object} draft */
function returning(draft) {
  const studio = fakeStudio();
  studio.storage.get.mockImplementation(async (/** @type {string} */ key) => (key === 'draft' ? {draft: {version: 1, ...draft}, undo: [], redo: []} : undefined));
  return studio;
}
