import '../browser.js';
import {beforeEach, expect, test, vi} from 'vitest';
import {isolated} from '../../lib/words.js';
import {offerNameAsTitle} from '../../pages/studio/song-file.js';
import {fakeStudio} from './fake-studio.js';

vi.mock('../../ui/toast.js', () => ({toast: vi.fn()}));
const {toast} = await import('../../ui/toast.js');

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
