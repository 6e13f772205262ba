import '../browser.js';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {fakeStudio, serve} from './fake-studio.js';

vi.mock('../../ui/dialog.js', () => ({askOf: vi.fn(async () => null)}));
const upload = vi.hoisted(() => vi.fn());
vi.mock('../../lib/upload.js', () => ({upload}));
// Node has no pictures.
vi.mock('../../pages/studio/project-pictures.js', async (real) => ({...(await real()), smaller: async (/** @type {Blob} */ picture) => picture}));
const {askOf} = await import('../../ui/dialog.js');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A studio with a saved project. @param {Record<string, any>} [parts] */
function opened(parts) {
  const studio = fakeStudio(parts);
  studio.project.adopt({id: 'p1', version: 3, role: 'owner'});
  return studio;
}

/** @param {any} studio */
function change(studio, radius = 0.7) {
  studio.store.change('Radius', (/** @type {any} */ draft) => (draft.params.radius = radius));
  studio.project.follow();
}

test('a project without a song saves what is changed', async () => {
  const calls = serve(() => [200, {version: 4}]);
  const poster = vi.fn(async () => null);
  const studio = opened();
  studio.engine.poster = poster;
  change(studio);
  expect(studio.project.words).toBe('Saving…');
  await vi.advanceTimersByTimeAsync(3000);
  expect(calls.map(({method, path}) => [method, path])).toEqual([['PATCH', '/api/projects/p1']]);
  expect(calls[0]?.body).toMatchObject({version: 3, upload_id: null, settings: {params: {radius: 0.7}}});
  expect(studio.project).toMatchObject({isSaved: true, version: 4, words: 'Saved in My videos'});
  // The stage shows the example, which is no picture of this project.
  expect(poster).not.toHaveBeenCalled();
});

test('the picture of the last change follows where it came too soon after another', async () => {
  let number = 0;
  upload.mockImplementation(async (_, {field}) => `${field}-${++number}`);
  const calls = serve(() => [200, {version: 4}]);
  const studio = opened({song: {file: new File([], 'a.wav')}});
  studio.engine.poster = async () => new Blob(['a'], {type: 'image/jpeg'});
  const thumbnails = () => calls.filter(({method}) => method === 'PATCH').map(({body}) => body.thumbnail_id);
  change(studio);
  await vi.advanceTimersByTimeAsync(3000);
  expect(thumbnails()).toEqual(['picture-2']);
  change(studio, 0.8);
  await vi.advanceTimersByTimeAsync(3000);
  expect(thumbnails()).toEqual(['picture-2', null]);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(thumbnails()).toEqual(['picture-2', null, 'picture-3']);
  expect(studio.project.words).toBe('Saved in My videos');
});

test('what a project was when it was opened stays in its history', async () => {
  const calls = serve(() => [200, {version: 4}]);
  const studio = opened();
  for (const radius of [0.7, 0.8]) {
    change(studio, radius);
    await vi.advanceTimersByTimeAsync(3000);
  }
  expect(calls.map(({body}) => body.keep_before)).toEqual([true, undefined]);
});

test('a project that is opened gets the picture of what it is, once', async () => {
  upload.mockImplementation(async (_, {field}) => `${field}-1`);
  const calls = serve(() => [200, {version: 3}]);
  const studio = opened({song: {file: new File([], 'a.wav')}});
  studio.engine.poster = async () => new Blob(['a'], {type: 'image/jpeg'});
  studio.project.follow();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls.map(({method, body}) => [method, body.thumbnail_id, body.settings])).toEqual([['PATCH', 'picture-1', null]]);
  const {kept} = studio.project;
  studio.project.restore(kept);
  studio.project.follow();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls).toHaveLength(1);
});

test('a picture that is refused is not sent again and again', async () => {
  upload.mockImplementation(async () => 'picture-1');
  const calls = serve(() => [409, {error: {code: 'CONFLICT', message: 'Newer.', details: {version: 5}}}]);
  const studio = opened({song: {file: new File([], 'a.wav')}});
  studio.engine.poster = async () => new Blob(['a'], {type: 'image/jpeg'});
  studio.project.follow();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls).toHaveLength(1);
});

test('a tab that another one has replaced saves nothing', async () => {
  const calls = serve(() => [200, {version: 4}]);
  const studio = opened();
  change(studio);
  studio.otherTab = true;
  await vi.advanceTimersByTimeAsync(3000);
  expect(calls).toEqual([]);
});

test('what was about to be saved is not, once it is stopped', async () => {
  const calls = serve(() => [200, {version: 4}]);
  const studio = opened();
  change(studio);
  studio.project.stop();
  await vi.advanceTimersByTimeAsync(3000);
  expect(calls).toEqual([]);
});

test('whoever is asked whose version counts reads what is lost', async () => {
  const calls = serve(({method}) => (method === 'GET' ? [200, {name: 'Another', settings: {}}] : [409, {error: {code: 'CONFLICT', message: 'Newer.', details: {version: 5, by: 'Bea'}}}]));
  const studio = opened();
  change(studio);
  await vi.advanceTimersByTimeAsync(3000);
  expect(vi.mocked(askOf).mock.calls[0]?.[0].text).toContain('“Take theirs” opens the newer one; Undo brings back what you have here');
  expect(studio.project.words).toBe('Not saved: changed elsewhere');
  expect(studio.project.isUndecided).toBe(true);
  vi.mocked(askOf).mockResolvedValueOnce('mine');
  studio.project.decide();
  await vi.advanceTimersByTimeAsync(100);
  expect(vi.mocked(askOf)).toHaveBeenCalledTimes(2);
  expect(studio.project.version).toBe(5);
  await vi.advanceTimersByTimeAsync(3000);
  // What the other one has saved stays in the version history.
  expect(calls.filter(({method}) => method === 'PATCH').at(-1)?.body).toMatchObject({version: 5, keep_before: true});
});

test('one’s own save whose answer was lost is no newer version of somebody else', async () => {
  /** @type {any} */
  let there = {name: 'Night Drive', version: 3, settings: {}};
  let isLost = true;
  const calls = serve(({method, body}) => {
    if (method === 'GET') return [200, there];
    if (body.version !== there.version) return [409, {error: {code: 'CONFLICT', message: 'Newer.', details: {version: there.version}}}];
    there = {...there, version: there.version + 1, settings: body.settings};
    return isLost ? [503, {error: {code: 'UNAVAILABLE', message: 'Away.', details: {}}}] : [200, there];
  });
  vi.mocked(askOf).mockClear();
  const studio = opened();
  change(studio);
  await vi.advanceTimersByTimeAsync(3000);
  expect(there.version).toBe(4);
  // The page is loaded anew meanwhile, by this tab or by another one.
  isLost = false;
  studio.project.restore(studio.project.kept);
  change(studio, 0.8);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(askOf).not.toHaveBeenCalled();
  expect(there).toMatchObject({version: 5, settings: {params: {radius: 0.8}}});
  // What somebody else has saved is still asked about.
  there = {...there, version: 6, settings: {look: 'prism'}};
  change(studio, 0.9);
  await vi.advanceTimersByTimeAsync(5000);
  expect(askOf).toHaveBeenCalledOnce();
  expect(calls.at(-1)?.method).toBe('GET');
});

test('a save that another tab has overtaken sends nothing and asks nothing', async () => {
  const calls = serve(() => [409, {error: {code: 'CONFLICT', message: 'Newer.', details: {version: 5}}}]);
  vi.mocked(askOf).mockClear();
  const studio = opened();
  studio.keepNow = async () => void (studio.otherTab = true);
  change(studio);
  await vi.advanceTimersByTimeAsync(3000);
  expect(calls).toEqual([]);
  expect(askOf).not.toHaveBeenCalled();
});

test('who keeps both gets a copy under another name, and is asked again where they cancel', async () => {
  const calls = serve(({method}) => (method === 'POST' ? [201, {id: 'p2', name: 'Night Drive (copy)', version: 1, role: 'owner'}] : method === 'GET' ? [200, {name: 'Another', settings: {}}] : [409, {error: {code: 'CONFLICT', message: 'Newer.', details: {version: 5}}}]));
  /** @type {any} */
  let options;
  const studio = opened({save: (/** @type {any} */ asked) => (options = asked)});
  Object.defineProperty(studio, 'name', {get: () => studio.ownName || 'Night Drive'});
  vi.mocked(askOf).mockResolvedValueOnce('copy');
  change(studio);
  await vi.advanceTimersByTimeAsync(3000);
  expect(studio).toMatchObject({name: 'Night Drive', project: {id: ''}});
  vi.mocked(askOf).mockClear().mockResolvedValueOnce('copy');
  options.closed();
  expect(studio).toMatchObject({name: 'Night Drive', project: {id: 'p1', isSaved: false}});
  await vi.advanceTimersByTimeAsync(3000);
  expect(askOf).toHaveBeenCalledOnce();
  await studio.project.create('p2', 'u1', {}, new AbortController().signal, options.isCopy);
  options.closed();
  expect(calls.at(-1)?.body).toMatchObject({name: 'Night Drive', is_copy: true});
  expect(studio).toMatchObject({name: 'Night Drive (copy)', project: {id: 'p2', isSaved: true}});
  studio.project.follow();
  await vi.advanceTimersByTimeAsync(3000);
  expect(studio.project.words).toBe('Saved in My videos');
  expect(calls.at(-1)?.method).toBe('POST');
});
