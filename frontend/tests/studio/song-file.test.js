import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {isolated} from '../../lib/words.js';
import {offerNameAsTitle, openSong} from '../../pages/studio/song-file.js';
import {fakeStudio} from './fake-studio.js';

vi.mock('../../ui/toast.js', () => ({toast: vi.fn()}));
vi.mock('../../ui/dialog.js', () => ({askOf: vi.fn()}));
const {toast} = await import('../../ui/toast.js');
const {askOf} = await import('../../ui/dialog.js');

beforeEach(() => void vi.clearAllMocks());

const song = {file: new File([], 'track-01 final.wav'), title: 'track-01 final'};

test('a new name of the project is offered in place of the name of a file', () => {
  const studio = fakeStudio({song, ownName: 'Night Drive'});
  offerNameAsTitle(studio);
  const [sentence, action] = vi.mocked(toast).mock.calls[0] ?? [];
  expect(sentence).toBe(`The title in the video stays “${isolated('track-01 final')}”.`);
  action?.act();
  expect(studio.store.draft.text).toEqual({title: 'Night Drive'});
  offerNameAsTitle(studio);
  expect(toast).toHaveBeenCalledOnce();
});

test.each([
  ['a title from the tags', {song: {...song, title: 'First Light'}, ownName: 'Night Drive'}],
  ['a title that begins the name of the file', {song: {file: new File([], 'Home - Band (master).wav'), title: 'Home'}, ownName: 'Night Drive'}],
  ['no song', {ownName: 'Night Drive'}],
  ['no name', {song}],
])('%s: nothing is offered', (_, parts) => {
  offerNameAsTitle(fakeStudio(parts));
  expect(toast).not.toHaveBeenCalled();
});

/** A studio whose saved project has a song. @param {Record<string, any>} [project] */
function saved(project = {}) {
  const studio = fakeStudio({song, isRendered: false});
  studio.engine.open = vi.fn(async () => false);
  Object.assign(studio.project, {id: 'p1', finish: vi.fn(async () => true)}, project);
  return studio;
}

const other = new File(['x'], 'other.wav');

test.each([
  ['new', '', true],
  ['replace', 'p1', true],
  ['stay', 'p1', false],
  [null, 'p1', false],
])('another song in a saved project: “%s” leaves the project “%s”', async (answer, id, isOpened) => {
  vi.mocked(askOf).mockResolvedValue(answer);
  const studio = saved();
  await openSong(studio, other);
  expect(studio.project.id).toBe(id);
  expect(studio.engine.open.mock.calls.length).toBe(Number(isOpened));
});

test('a new project waits until the one before has all that was changed', async () => {
  vi.mocked(askOf).mockResolvedValue('new');
  const studio = saved({finish: async () => false});
  await openSong(studio, other);
  expect(studio.project.id).toBe('p1');
  expect(studio.engine.open).not.toHaveBeenCalled();
});

test('nothing is asked about the same song, or where none would be lost', async () => {
  const studios = [saved(), saved({id: ''}), saved({role: 'editor'})];
  for (const studio of studios) await openSong(studio, studio === studios[0] ? song.file : other);
  expect(askOf).not.toHaveBeenCalled();
  expect(studios.map(({engine}) => engine.open.mock.calls.length)).toEqual([1, 1, 1]);
});
