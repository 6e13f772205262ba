// Presets of the visitor's own: kept in this browser, copied and pasted as text.
import {isolated} from '../../lib/words.js';
import {toast} from '../../ui/toast.js';
import {PictureUrls} from './picture-urls.js';

/**
 * @typedef {import('./browser-storage.js').BrowserStorage} BrowserStorage
 * @typedef {{name: string, look: string, params: Record<string, any>, background?: any, finish?: any, picture?: Blob | null}} OwnPreset
 */

export const LONGEST_NAME = 60;
const MOST = 100;
const LONGEST_TEXT = 100_000;
const NOT_A_LOOK = 'There is no look in what you copied. Copy one with “Copy”, or a link from “Share”.';

/** Tells `change`. */
export class OwnPresets extends EventTarget {
  /** @type {OwnPreset[]} */
  #all = [];
  #urls = new PictureUrls();

  /**
   * @param {BrowserStorage} storage
   * @param {typeof toast} tell says something to the visitor
   */
  constructor(storage, tell = toast) {
    super();
    this.storage = storage;
    this.tell = tell;
  }

  get all() {
    return this.#all;
  }

  async bringBack() {
    const kept = await this.storage.get('presets');
    this.#take(Array.isArray(kept) ? kept : []);
  }

  /** Under a name that exists it takes the place of that one. @param {OwnPreset} preset */
  async add(preset) {
    const others = this.#all.filter(({name}) => name !== preset.name);
    if (others.length >= MOST) return this.tell(`You have ${MOST} presets, and this browser keeps no more. Delete one first.`);
    await this.#put([...others, preset]);
  }

  /** @param {OwnPreset} preset */
  async remove(preset) {
    const before = this.#all;
    await this.#put(before.filter((each) => each !== preset));
    this.tell(`“${isolated(preset.name)}” is deleted.`, {label: 'Undo', act: () => void this.#put(before)});
  }

  /** @param {OwnPreset[]} presets */
  async #put(presets) {
    this.#take(presets);
    if (!await this.storage.put('presets', presets)) this.tell('This browser cannot keep presets: save the settings as a file.');
  }

  /** @param {OwnPreset[]} presets */
  #take(presets) {
    this.#all = presets;
    this.#urls.keepOnly(presets.map(({picture}) => picture ?? null));
    this.dispatchEvent(new Event('change'));
  }

  /** The address of its picture; "" where it was saved without one. @param {OwnPreset} preset */
  pictureUrl({picture = null}) {
    return this.#urls.of(picture);
  }
}

/**
 * The look in a text: settings, or a preset, as JSON, or the token of a link.
 * @param {string} text
 * @returns {{token: string} | {document: Record<string, any>}}
 * @throws {Error} the message is for the visitor
 */
export function lookIn(text) {
  if (text.length > LONGEST_TEXT) throw new Error(NOT_A_LOOK);
  const token = /#look=([\w.-]+)/.exec(text)?.[1];
  if (token) return {token};
  try {
    const document = JSON.parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return {document};
  } catch {
    // Said below.
  }
  throw new Error(NOT_A_LOOK);
}
