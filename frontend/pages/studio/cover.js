// Pictures of the visitor's own as cover and background.
import {takeBack, toast} from '../../ui/toast.js';
import {paletteIn} from './cover-colours.js';
import {choose, refusalOfPicture} from './files.js';

/** @typedef {import('./studio.js').Studio} Studio */

/** Why the last picture was not taken, in a sentence. */
let refused = '';

/** @param {Studio} studio @param {'cover' | 'background'} use */
export async function choosePicture(studio, use) {
  const file = await choose('image/jpeg,image/png,image/webp');
  if (file) await takePicture(studio, file, use);
}

/**
 * @param {Studio} studio
 * @param {File} file
 * @param {'cover' | 'background'} use
 */
export async function takePicture(studio, file, use) {
  takeBack(refused);
  refused = await refusalOfPicture(file);
  if (refused) {
    toast(refused);
    return;
  }
  const name = studio.pictures.add(file);
  studio.store.endGesture();
  const {centre} = studio.look.parameters.properties;
  if (use === 'background') studio.store.change('Background', (draft) => (draft.background = {type: 'image', image: name}));
  else {
    studio.store.change('Cover', (draft) => {
      draft.cover = {source: 'file', file: name};
      // What stands in the middle hides the cover otherwise.
      if (centre?.enum?.includes('cover')) (draft.params ??= {}).centre = 'cover';
    });
    if (!centre) offerAsBackground(studio);
  }
}

/** A look without a place for the cover: somebody who dropped it would see nothing happen. @param {Studio} studio */
function offerAsBackground({look, store, settings}) {
  if (settings.background.type === 'image') return;
  toast(`${look.title} shows the cover as a background only.`, {
    label: 'Use it as the background',
    act: () => store.change('Background', (draft) => (draft.background = {type: 'image', image: 'cover'})),
  });
}

/** @param {Studio} studio */
export function removeCover(studio) {
  studio.store.change('Cover', (draft) => (draft.cover = {source: 'none'}));
}

/** Show the cover in the panels, and find its colours. @param {Studio} studio */
export async function showCover(studio) {
  const cover = studio.engine.coverOf(studio.settings);
  const url = studio.engine.urls.of(cover);
  studio.engine.urls.keepOnly([cover, studio.pictures.get(studio.settings.background.image)]);
  if (url === studio.coverUrl) return;
  studio.coverUrl = url;
  studio.palette = cover ? await paletteIn(cover) : [];
  studio.requestUpdate();
}
