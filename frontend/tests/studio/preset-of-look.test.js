import '../browser.js';
import {expect, test, vi} from 'vitest';
import {OwnPresets} from '../../pages/studio/own-presets.js';
import {saveOwnPreset} from '../../pages/studio/preset-of-look.js';

vi.mock('../../ui/dialog.js', () => ({askName: async () => 'Mine'}));
vi.mock('../../pages/studio/project-pictures.js', () => ({smaller: async (/** @type {Blob} */ picture) => picture}));

const picture = new Blob(['x'], {type: 'image/jpeg'});

/** @param {() => Promise<Blob | null>} poster */
function studioWith(poster) {
  const presets = new OwnPresets(/** @type {any} */ ({get: async () => undefined, put: async () => true}), () => {});
  return /** @type {any} */ ({presets, engine: {poster}, look: {title: 'Halo'}, settings: {look: 'halo', params: {}, background: {}, finish: {}}});
}

test('a preset is kept at once, and its picture when it is drawn', async () => {
  /** @type {(picture: Blob) => void} */
  let draw = () => {};
  const studio = studioWith(() => new Promise((drawn) => (draw = drawn)));
  const saving = saveOwnPreset(studio);
  await vi.waitFor(() => expect(studio.presets.all).toMatchObject([{name: 'Mine', look: 'halo'}]));
  expect(studio.presets.pictureUrl(studio.presets.all[0])).toBe('');
  draw(picture);
  await saving;
  expect(studio.presets.all).toMatchObject([{name: 'Mine', picture}]);
  const url = studio.presets.pictureUrl(studio.presets.all[0]);
  expect(url).toMatch(/^blob:/);
  const revoke = vi.spyOn(URL, 'revokeObjectURL');
  await studio.presets.remove(studio.presets.all[0]);
  expect(revoke).toHaveBeenCalledWith(url);
});

test('a preset that is deleted while it is drawn does not come back', async () => {
  /** @type {(picture: Blob) => void} */
  let draw = () => {};
  const studio = studioWith(() => new Promise((drawn) => (draw = drawn)));
  const saving = saveOwnPreset(studio);
  await vi.waitFor(() => expect(studio.presets.all).toHaveLength(1));
  await studio.presets.remove(studio.presets.all[0]);
  draw(picture);
  await saving;
  expect(studio.presets.all).toEqual([]);
});

test('where nothing can be drawn there is a preset without a picture', async () => {
  const studio = studioWith(async () => null);
  await saveOwnPreset(studio);
  expect(studio.presets.all).toMatchObject([{name: 'Mine'}]);
});
