// The look as a preset of the visitor's own, and back.
import {isolated} from '../../lib/words.js';
import {askName} from '../../ui/dialog.js';
import {fitFormat} from './edits.js';
import {LONGEST_NAME} from './own-presets.js';

/** @typedef {import('./studio.js').Studio} Studio */

/** The look as a preset. @param {Studio} studio @param {string} name */
export function presetOf(studio, name) {
  const {look, params, background, finish} = studio.settings;
  return {name, look, params, background, finish};
}

/** @param {Studio} studio */
export async function saveOwnPreset(studio) {
  const suggestion = `${studio.look.title} ${studio.presets.all.length + 1}`;
  const name = await askName({title: 'Save as my preset', label: 'Name', value: suggestion, yes: 'Save', longest: LONGEST_NAME});
  if (name) await studio.presets.add(presetOf(studio, name));
}

/** @param {Studio} studio @param {import('./own-presets.js').OwnPreset} own */
export function takeOwnPreset(studio, {name, look, params, background, finish}) {
  studio.tryDraft(() => studio.store.change(`Preset ${isolated(name)}`, (draft) => {
    Object.assign(draft, {look, preset: null, params, background, finish});
    fitFormat(draft, studio.settings.output);
  }));
}
