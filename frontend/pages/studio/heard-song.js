// What was heard in the song, kept beside it: after a reload, nobody waits for it to be decoded and analysed again.
import {READER} from '../../preview/song.js';
import {isSameFile} from './files.js';

/** @typedef {import('./studio.js').Studio} Studio */
/** @typedef {import('../../preview/song.js').Song} Song */

/** Of sound: ten minutes. A longer song is read again, as a browser's room is limited. */
const LARGEST_BYTES = 120_000_000;

/** @param {Studio} studio @param {File} file the song that is open */
export async function keepHeard({engine, storage, otherTab}, file) {
  const {heard} = engine;
  if (otherTab || !heard || heard.pcm.size > LARGEST_BYTES) return;
  const {name, size, lastModified} = file;
  await storage.put('heard', {name, size, lastModified, reader: READER, heard});
}

/**
 * @param {Studio['storage']} storage
 * @param {File} file
 * @returns {Promise<Song | null>} null where it is to be read: it is another file, or the studio reads songs in a new way
 */
export async function heardBefore(storage, file) {
  const kept = /** @type {any} */ (await storage.get('heard'));
  if (!isSameFile(file, kept) || kept.reader !== READER) return null;
  // A browser may have cleared the file away beneath its database.
  return kept.heard.pcm.slice(-4).arrayBuffer().then(() => kept.heard, () => null);
}
