// Looks that go out and come in: links, settings files, and what is copied.
import {download} from '../../lib/files.js';
import {LOOKS} from '../../preview/looks.js';
import {isTouch} from '../../lib/touch.js';
import {nested, readSettings, resolveSettings} from '../../preview/settings.js';
import {copyLink} from '../../ui/share-link.js';
import {toast} from '../../ui/toast.js';
import {fitFormat} from './edits.js';
import {choose} from './files.js';
import {picturesOf} from './own-pictures.js';
import {lookIn} from './own-presets.js';
import {presetOf} from './preset-of-look.js';
import {contractOf, draftOf, tokenOf} from './share.js';

/** @typedef {import('./store.js').Draft} Draft */
/** @typedef {import('./studio.js').Studio} Studio */

/** What makes a look, of a document that may hold more. */
/** What the step is called that undo takes back. */
export const FROM_LINK = 'The look of the link';
const LOOK_KEYS = ['look', 'preset', 'seed', 'params', 'background', 'finish'];

/**
 * A look in the address, or values that the page around us has set.
 * @param {Studio} studio
 * @param {boolean} hasSong whether the visitor has a song here: its text stays
 */
export async function takeLink(studio, hasSong) {
  const token = tokenInAddress();
  const contract = contractOf(/** @type {any} */ (window).config, location.hash);
  try {
    if (token) {
      const draft = await draftOf(token);
      const before = studio.project.kept;
      const isTaken = studio.tryDraft(() => studio.store.change(FROM_LINK, (now) => {
        const {text} = now;
        for (const key of LOOK_KEYS) delete now[key];
        Object.assign(now, draft);
        if (hasSong) delete now.text;
        if (hasSong && text) now.text = text;
        fitFormat(now, studio.settings.output);
      }));
      // A refused look leaves the project as it is.
      if (isTaken) {
        detach(studio);
        if (hasSong) toast('The look and shape come from the link. Your text stays.', {label: 'Undo', act: () => giveBack(studio, before)});
      }
    } else if (contract) {
      const {look, params} = resolveSettings(contract, LOOKS);
      detach(studio);
      studio.store.change('The look of the page', (now) => Object.assign(now, {look, preset: null, params}));
    }
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error));
  }
  // A reload must not undo what was changed since.
  if (token) history.replaceState(null, '', location.pathname + location.search);
}

/**
 * Take each link to a look that is pasted into the address of an open studio.
 * @param {Studio} studio
 * @returns {() => void} stop
 */
export function watchLinks(studio) {
  const take = () => void (tokenInAddress() && takeLink(studio, studio.song !== null));
  addEventListener('hashchange', take);
  return () => removeEventListener('hashchange', take);
}

function tokenInAddress() {
  return new URLSearchParams(location.hash.slice(1)).get('look');
}

/** A look from elsewhere is tried out here, and changes no saved project. @param {Studio} studio */
function detach(studio) {
  studio.project.forget();
  history.replaceState(null, '', `/studio${location.hash}`);
}

/**
 * Undo the look of a link, unless something was changed since, and go on with the project that it was tried out on.
 * @param {Studio} studio
 * @param {Studio['project']['kept']} project
 */
function giveBack(studio, project) {
  if (studio.store.undoLabel !== FROM_LINK) return;
  studio.undo();
  studio.project.restore(project);
  if (project.id) history.replaceState(null, '', `/studio?project=${project.id}`);
  studio.project.follow();
}

/** @param {Studio} studio */
export async function share(studio) {
  const link = `${location.origin}/studio#look=${await tokenOf(studio.store.draft)}`;
  await copyLink(link, 'The link is copied. It opens this look and text with the visitor’s own song.');
}

/** @param {Studio} studio */
export async function copyLook(studio) {
  const {name, ...look} = presetOf(studio, '');
  if (picturesOf(look).length) look.background = studio.standards.background;
  const output = look.background.type === 'transparent' ? {output: {format: 'mov'}} : {};
  try {
    await navigator.clipboard.writeText(JSON.stringify({version: 1, ...look, ...output}, null, 2));
    toast('The look is copied. Paste it in another project, or send it to somebody.');
  } catch {
    toast('Your browser does not let us copy. Save the settings as a file, under Output.');
  }
}

/** @param {Studio} studio */
export async function pasteLook(studio) {
  const text = await navigator.clipboard.readText().catch(() => null);
  if (text === null) toast(`Your browser does not let us read what you copied. ${isTouch() ? 'Allow it, and press Paste look again.' : 'Press Ctrl+V instead.'}`);
  else await takeText(studio, text);
}

/**
 * @param {Studio} studio
 * @param {string} text settings, a preset, or a link to a look
 */
export async function takeText(studio, text) {
  try {
    const found = lookIn(text);
    const document = 'token' in found ? await draftOf(found.token) : found.document;
    const {look, preset, params} = resolveSettings(document, LOOKS);
    const given = Object.entries({...document, look, preset, params}).filter(([key]) => LOOK_KEYS.includes(key));
    studio.store.endGesture();
    studio.tryDraft(() => studio.store.change('Pasted look', (draft) => {
      for (const key of LOOK_KEYS) delete draft[key];
      Object.assign(draft, Object.fromEntries(given));
      fitFormat(draft, studio.settings.output);
    }));
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error));
  }
}

/** @param {Studio} studio */
export function downloadSettings(studio) {
  const text = JSON.stringify(studio.store.draft, null, 2);
  download(new Blob([text], {type: 'application/json'}), `${studio.name || 'oriel'} settings.json`);
}

/** @param {Studio} studio */
export async function openSettings(studio) {
  const file = await choose('application/json,.json');
  if (file) await takeSettings(studio, file);
}

/**
 * @param {Studio} studio
 * @param {File} file
 */
export async function takeSettings(studio, file) {
  try {
    if (file.size > 100_000) throw new Error('This file is too large for settings.');
    const text = await file.text();
    if (!isDocument(text)) throw new Error('This is not a settings file. Choose one that was saved here or under My videos.');
    const content = nested(readSettings(text));
    const {look} = resolveSettings(content, LOOKS);
    studio.tryDraft(() => studio.store.replace('Settings from a file', {version: 1, look, ...content}));
    studio.engine.stayIn(studio.rangeS);
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error));
  }
}

/** Whether a file's text may be settings at all. @param {string} text */
function isDocument(text) {
  try {
    const content = JSON.parse(text);
    return typeof content === 'object' && content !== null && !Array.isArray(content);
  } catch {
    return false;
  }
}
