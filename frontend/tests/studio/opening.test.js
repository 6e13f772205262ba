import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {isolated} from '../../lib/words.js';
import {fakeStudio, serve} from './fake-studio.js';

vi.mock('../../ui/dialog.js', () => ({askOf: vi.fn()}));
vi.mock('../../ui/toast.js', () => ({toast: vi.fn()}));
vi.mock('../../lib/session.js', () => ({session: {state: 'signed-in', restore: async () => true}}));
const {toast} = await import('../../ui/toast.js');
const {askOf} = await import('../../ui/dialog.js');
const {openAsked} = await import('../../pages/studio/opening.js');

const PROJECT = {id: 'p2', name: 'B', version: 1, role: 'owner', song: null, settings: {version: 1, look: 'halo'}};

beforeEach(() => {
  vi.clearAllMocks();
  location.search = '?project=p2';
  serve(() => [200, PROJECT]);
});

test('what was shaped without a song is not replaced unasked', async () => {
  vi.mocked(askOf).mockResolvedValue('stay');
  const studio = fakeStudio();
  studio.store.change('Look', (/** @type {any} */ draft) => (draft.look = 'prism'));
  expect(await openAsked(studio, {song: null})).toBe(false);
  expect(vi.mocked(askOf).mock.calls[0]?.[0].choices).toEqual([['stay', 'Keep it'], ['leave', 'Replace it']]);
  expect(studio.store.draft.look).toBe('prism');
});

test('what would be lost has its name', async () => {
  vi.mocked(askOf).mockResolvedValue('stay');
  const song = new File(['a'], 'Night Drive.wav');
  const studio = fakeStudio();
  await openAsked(studio, {song});
  expect(vi.mocked(askOf).mock.calls[0]?.[0].text).toBe(`The studio still has “${isolated('Night Drive')}”, which is not saved in My videos. If you go on, it will be lost.`);
  location.search = '?new';
  studio.project.id = 'p1';
  studio.project.isSaved = false;
  await openAsked(studio, {song});
  expect(vi.mocked(askOf).mock.calls[1]?.[0].text).toBe(`The last changes to “${isolated('Night Drive')}” are not saved yet. If you go on, they will be lost.`);
});

test('where nothing would be lost, nothing is asked', async () => {
  const studio = fakeStudio();
  expect(await openAsked(studio, {song: null})).toBe(true);
  expect(askOf).not.toHaveBeenCalled();
  expect(studio.project.id).toBe('p2');
});

test('a project that never had a song says so', async () => {
  const studio = fakeStudio();
  vi.mocked(askOf).mockResolvedValue('leave');
  await openAsked(studio, {song: new File(['a'], 'Night Drive.wav')});
  expect(toast).toHaveBeenCalledExactlyOnceWith('“B” has no song yet. Add one to see it move with your music.');
});

test('a project whose song is gone says that it is not kept', async () => {
  serve(() => [200, {...PROJECT, song: {filename: 'b.wav', upload_id: 'u', is_there: false}}]);
  await openAsked(fakeStudio(), {song: null});
  expect(toast).toHaveBeenCalledExactlyOnceWith('The song of “B” is not kept any more. Open it again: everything else is here.');
});

test('nothing is saved while a project is opened, and all of it afterwards', async () => {
  const studio = fakeStudio();
  /** @type {boolean[]} */
  const mayWrite = [];
  serve(() => (mayWrite.push(studio.mayWrite), [200, PROJECT]));
  await openAsked(studio, {song: null});
  expect(mayWrite[0]).toBe(false);
  expect(studio.mayWrite).toBe(true);
});

test('a song that breaks the page leaves the project before with its own settings', async () => {
  serve(() => [200, {...PROJECT, song: {filename: 'b.wav', upload_id: 'u', is_there: true}}]);
  const studio = fakeStudio();
  studio.store.change('Look', (/** @type {any} */ draft) => (draft.look = 'prism'));
  studio.engine.open = async () => {
    expect(studio.store.draft.look).toBe('halo');
    throw new TypeError('unexpected');
  };
  vi.mocked(askOf).mockResolvedValue('leave');
  await expect(openAsked(studio, {song: null})).rejects.toThrow('unexpected');
  expect(studio.store.draft.look).toBe('prism');
});

test('a viewer is led to the page of the project, and what is here stays as it was', async () => {
  const left = new Promise((done) => vi.spyOn(location, 'replace').mockImplementation((address) => done(address)));
  serve(() => [200, {...PROJECT, role: 'viewer'}]);
  const studio = fakeStudio();
  void openAsked(studio, {song: null});
  expect(await left).toBe('/shared/p2');
  expect(studio.mayWrite).toBe(false);
});

test('what a render holds is replaced unasked', async () => {
  const studio = fakeStudio({isRendered: true});
  expect(await openAsked(studio, {song: new File(['a'], 'Night Drive.wav')})).toBe(true);
  expect(askOf).not.toHaveBeenCalled();
});
