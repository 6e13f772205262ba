// The look as a preset of the visitor's own, and back.
import {isolated} from '../../lib/words.js';
import {askName} from '../../ui/dialog.js';
import {fitFormat} from './edits.js';
import {LONGEST_NAME} from './own-presets.js';
import {smaller} from './project-pictures.js';

/** @typedef {import('./studio.js').Studio} Studio */

/** Twice the width of a tile. */
const PICTURE_WIDTH = 320;

/** The look as a preset. @param {Studio} studio @param {string} name */
export function presetOf(studio, name) {
  const {look, params, background, finish} = studio.settings;
  return {name, look, params, background, finish};
}

/** @param {Studio} studio */
export async function saveOwnPreset(studio) {
  const suggestion = `${studio.look.title} ${studio.presets.all.length + 1}`;
  const name = await askName({title: 'Save as my preset', label: 'Name', value: suggestion, yes: 'Save', longest: LONGEST_NAME});
  if (!name) return;
  const {presets} = studio;
  const preset = presetOf(studio, name);
  await presets.add(preset);
  const picture = await pictureOfLook(studio);
  // It may have been deleted while its picture was drawn.
  if (picture && presets.all.includes(preset)) await presets.add({...preset, picture});
}

/** What the look makes of the song's strongest moment; null where nothing can be drawn. @param {Studio} studio */
async function pictureOfLook({engine}) {
  const poster = await engine.poster(false);
  return poster && smaller(poster, PICTURE_WIDTH).catch(() => null);
}

/** @param {Studio} studio @param {import('./own-presets.js').OwnPreset} own */
export function takeOwnPreset(studio, {name, look, params, background, finish}) {
  studio.tryDraft(() => studio.store.change(`Preset ${isolated(name)}`, (draft) => {
    Object.assign(draft, {look, preset: null, params, background, finish});
    fitFormat(draft, studio.settings.output);
  }));
}
