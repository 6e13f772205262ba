// What a reload brings back: the draft with its steps, the song and what was heard in it, the visitor's own pictures and
// presets, and the page's own state (name, place, delay).
import {openDB} from 'idb';

/** @typedef {'draft' | 'song' | 'heard' | 'pictures' | 'presets' | 'page'} Key */

const NAME = 'oriel-studio';

function open() {
  return openDB(NAME, 1, {
    upgrade(database) {
      database.createObjectStore('things');
    },
  });
}

/**
 * Storage of this browser. Where there is none (a private window may have none), everything works but is not kept.
 */
export class BrowserStorage {
  /** @type {Promise<import('idb').IDBPDatabase> | null} */
  #database = null;

  get #open() {
    this.#database ??= open();
    return this.#database;
  }

  /**
   * @template T
   * @param {Key} key
   * @returns {Promise<T | undefined>}
   */
  async get(key) {
    try {
      return await (await this.#open).get('things', key);
    } catch {
      return undefined;
    }
  }

  /**
   * @param {Key} key
   * @param {unknown} value undefined removes it
   * @returns {Promise<boolean>} whether it is kept
   */
  put(key, value) {
    return this.putAll({[key]: value});
  }

  /**
   * Keep all of it or nothing.
   * @param {Partial<Record<Key, unknown>>} values as for `put`
   * @returns {Promise<boolean>} whether it is kept
   */
  async putAll(values) {
    /** @type {Promise<unknown>[]} */
    const writes = [];
    try {
      const transaction = (await this.#open).transaction('things', 'readwrite');
      writes.push(transaction.done);
      try {
        for (const [key, value] of Object.entries(values)) {
          writes.push(value === undefined ? transaction.store.delete(key) : transaction.store.put(value, key));
        }
      } catch (error) {
        transaction.abort();
        throw error;
      }
      await Promise.all(writes);
      return true;
    } catch {
      await Promise.allSettled(writes);
      return false;
    }
  }
}
