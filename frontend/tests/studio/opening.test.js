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

test('who takes the newer version of a project gets their own back by Undo', async () => {
  location.search = '?project=p2&fresh';
  const studio = fakeStudio();
  studio.project.adopt({...PROJECT, version: 1});
  studio.store.change('Look', (/** @type {any} */ draft) => (draft.look = 'prism'));
  const mine = studio.store.draft;
  serve(() => [200, {...PROJECT, version: 2, settings: {version: 1, look: 'horizon'}}]);
  expect(await openAsked(studio, {song: null})).toBe(true);
  expect(studio.store.draft).toEqual({version: 1, look: 'horizon'});
  expect(studio.store.undoLabel).toBe('Newer version');
  studio.store.undo();
  expect(studio.store.draft).toEqual(mine);
  expect(studio.project.version).toBe(2);
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

const MADE = {version: 1, look: 'prism', seed: 7};
const SONG = {filename: 'b.wav', upload_id: 'u', is_there: false};
const RENDER = {id: 'r1', title: 'B', filename: 'b.wav', upload_id: 'u', project_id: 'p2', settings: MADE};

/**
 * Answer a render and the project that it was made from.
 * @param {Record<string, any>} [project]
 * @param {Record<string, any>} [render]
 */
function serveRender(project = {}, render = {}) {
  location.search = '?render=r1';
  return serve(({path}) => path.startsWith('/api/uploads/') ? [410, {error: {code: 'GONE', message: 'Gone.', details: {}}}] : [200, path.startsWith('/api/render/') ? {...RENDER, ...render} : {...PROJECT, song: SONG, ...project}]);
}

test('a video opens its project, which keeps its own settings until something is changed', async () => {
  vi.useFakeTimers();
  const calls = serveRender();
  const studio = fakeStudio();
  expect(await openAsked(studio, {song: null})).toBe(true);
  studio.project.follow();
  expect(studio.store.draft).toEqual(MADE);
  expect(studio.project).toMatchObject({id: 'p2', isSaved: true, words: 'Not saved: settings of the video'});
  // Also over a reload, and back to the project's own.
  studio.project.restore(studio.project.kept);
  studio.project.follow();
  studio.store.undo();
  studio.project.follow();
  expect(studio.store.draft.look).toBe('halo');
  expect(studio.project.words).toBe('Saved in My videos');
  studio.store.redo();
  studio.project.follow();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls.filter(({method}) => method === 'PATCH')).toEqual([]);
  studio.store.change('Seed', (/** @type {any} */ draft) => (draft.seed = 8));
  studio.project.follow();
  await vi.advanceTimersByTimeAsync(3000);
  expect(calls.at(-1)).toMatchObject({method: 'PATCH', body: {settings: {look: 'prism', seed: 8}, keep_before: true}});
  // From now on the project has other settings than both, and the video's are a change of it.
  studio.store.undo();
  studio.project.follow();
  await vi.advanceTimersByTimeAsync(3000);
  expect(calls.at(-1)).toMatchObject({method: 'PATCH', body: {settings: MADE}});
  vi.useRealTimers();
});

test('the project’s own settings are one press away', async () => {
  serveRender();
  const studio = fakeStudio();
  Object.assign(studio, {undo: () => studio.store.undo()});
  await openAsked(studio, {song: null});
  const [, undo] = vi.mocked(toast).mock.calls.at(-1) ?? [];
  undo?.act();
  expect(studio.store.draft).toEqual({version: 1, look: 'halo'});
  // It takes back nothing that was done since.
  studio.store.change('Seed', (/** @type {any} */ draft) => (draft.seed = 8));
  undo?.act();
  expect(studio.store.draft.seed).toBe(8);
});

test('a video of what its project is now opens the project and says nothing of settings', async () => {
  serveRender({}, {settings: {version: 1, look: 'halo', preset: null, seed: 1}});
  const studio = fakeStudio();
  await openAsked(studio, {song: null});
  expect(studio.project).toMatchObject({id: 'p2', words: 'Saved in My videos'});
  expect(studio.store.canUndo).toBe(false);
});

test.each([
  ['another song', {song: {...SONG, upload_id: 'v'}}, true],
  ['a visitor who may only view it', {role: 'viewer'}, false],
])('a video of a project with %s opens beside it', async (_, project, isSaid) => {
  serveRender(project);
  const studio = fakeStudio();
  expect(await openAsked(studio, {song: null})).toBe(true);
  expect(studio.project.id).toBe('');
  expect(studio.store.draft).toEqual(MADE);
  expect(vi.mocked(toast).mock.calls.some(([sentence]) => sentence.includes('has another song by now'))).toBe(isSaid);
});

test('an editor’s video opens the project, whose song they have sent once more', async () => {
  serveRender({role: 'editor', owner_name: 'Ada', song: {...SONG, upload_id: 'v'}});
  const studio = fakeStudio();
  await openAsked(studio, {song: null});
  expect(studio.project).toMatchObject({id: 'p2', role: 'editor'});
});

test('what has just been rendered is replaced by its render unasked, and anything else is not', async () => {
  const song = new File(['a'], 'Night Drive.wav');
  vi.mocked(askOf).mockResolvedValue('stay');
  for (const [seed, upload, questions] of /** @type {const} */ ([[7, 'u', 0], [8, 'u', 1], [7, 'v', 1]])) {
    vi.mocked(askOf).mockClear();
    serveRender({}, {project_id: null});
    const studio = fakeStudio();
    studio.engine.uploads.add(song, upload);
    studio.store.change('Look', (/** @type {any} */ draft) => Object.assign(draft, MADE, {seed}));
    await openAsked(studio, {song});
    expect(askOf).toHaveBeenCalledTimes(questions);
  }
});

test('the song that is here already is not fetched again', async () => {
  const calls = serve(() => [200, {...PROJECT, song: {filename: 'b.wav', upload_id: 'u', is_there: true}}]);
  const studio = fakeStudio();
  const [kept, other] = [new File(['b'], 'b.wav'), new File(['c'], 'c.wav')];
  studio.engine.open = vi.fn(async () => false);
  studio.engine.uploads.add(kept, 'u');
  studio.engine.uploads.add(other, 'v');
  studio.storage.get.mockImplementation(async (/** @type {string} */ key) => (key === 'song' ? kept : undefined));
  await openAsked(studio, {song: null});
  expect(studio.engine.open.mock.calls[0][0]).toBe(kept);
  expect(calls.map(({path}) => path)).not.toContain('/api/projects/p2/files/u');
  // Another project's song is another file.
  studio.storage.get.mockImplementation(async (/** @type {string} */ key) => (key === 'song' ? other : undefined));
  await openAsked(studio, {song: null});
  expect(studio.engine.open.mock.calls[1][0]).not.toBe(other);
  expect(calls.map(({path}) => path)).toContain('/api/projects/p2/files/u');
});

test.each([
  ['song', {upload: 'song-id'}, []],
  ['picture', {upload: 'picture-id'}, ['/api/uploads/song-id/content']],
])('a render whose %s is lost or damaged in the storage is opened without it', async (_, details, fetched) => {
  location.search = '?render=r1';
  const settings = {version: 1, look: 'prism', cover: {source: 'file', file: 'picture-id'}, background: {type: 'image', image: 'picture-id'}};
  const status = {title: 'B', filename: 'b.wav', upload_id: 'song-id', settings, error: {code: 'STORED_FILE_DAMAGED', details}};
  const calls = serve(({path}) => [path.includes('picture-id') ? 404 : 200, status]);
  const studio = fakeStudio({noteRendered: vi.fn()});
  studio.engine.open = async () => false;
  await openAsked(studio, {song: null});
  const songs = calls.map(({path}) => path).filter((path) => path.startsWith('/api/uploads/song-id'));
  expect(songs).toEqual(fetched);
  expect(calls.some(({path}) => path.includes('picture-id'))).toBe(details.upload !== 'picture-id');
  if (details.upload === 'song-id') expect(toast).toHaveBeenCalledExactlyOnceWith('The song of “B” is not kept any more. Open it again: everything else is here.');
});
