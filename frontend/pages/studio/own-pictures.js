// Pictures of the visitor's own, under the names by which the settings know them.

/** @typedef {import('./store.js').Draft} Draft */

const LONGEST_NAME = 120;
/** What the settings call the song's own cover. */
const COVER = 'cover';

export class OwnPictures {
  /** @type {Map<string, File>} */
  #files = new Map();

  /** For the browser's storage. */
  get all() {
    return this.#files;
  }

  /** @param {unknown} kept what `all` was before a reload */
  restore(kept) {
    if (kept instanceof Map) this.#files = new Map([...kept].filter(([, file]) => file instanceof File));
  }

  /** @param {string | null | undefined} name */
  get(name) {
    return this.#files.get(name ?? '') ?? null;
  }

  /**
   * @param {File} file
   * @returns {string} the file's name; another one where a different picture has it already
   */
  add(file) {
    const plain = file.name.replace(/[\p{Cc}\p{Surrogate}]/gu, '_').slice(-LONGEST_NAME) || 'picture';
    for (let number = 1; ; number++) {
      const name = number > 1 || plain === COVER ? `${plain} (${number})` : plain;
      const there = this.#files.get(name);
      if (there && !isSame(there, file)) continue;
      this.#files.set(name, there ?? file);
      return name;
    }
  }

  /** Let go of what nothing names any more. @param {Iterable<Draft>} documents that are kept */
  keepOnly(documents) {
    const names = new Set([...documents].flatMap(picturesOf));
    for (const name of this.#files.keys()) if (!names.has(name)) this.#files.delete(name);
  }
}

/**
 * A picture's name for people. Settings from the server name a picture by its upload, which says nothing to anybody.
 * @param {string} name
 * @returns {string} "" where there is none
 */
export const shownName = (name) => (/^[0-9a-z]{26}$/i.test(name) ? '' : name);

/**
 * The names of the visitor's own pictures in settings, or in a preset: the cover's and the background's.
 * @param {Draft} document
 * @returns {string[]}
 */
export function picturesOf({cover, background}) {
  const names = [cover?.source === 'file' ? cover.file : null, background?.type === 'image' ? background.image : null];
  return names.filter((name) => typeof name === 'string' && name !== COVER);
}

/**
 * @param {File} a
 * @param {File} b
 */
const isSame = (a, b) => a.size === b.size && a.lastModified === b.lastModified && a.type === b.type;
