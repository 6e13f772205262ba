// A song that somebody chose: read, decoded and analysed in a worker. Uses the page for `decodeAudioData` alone.
import {decodeTrack} from '../sound/track.js';
import {PartError} from '../lib/part.js';
import {SongError} from './song-error.js';

export {SongError};

/** Changes with the code that reads a song: what it found before may be different now. */
export const READER = import.meta.url;

/**
 * @typedef {object} Heard
 * @property {Blob} pcm a WAV file of 48 kHz, 16 bit, stereo: what is played and analysed
 * @property {number} samples sample frames
 * @property {ArrayBuffer} track the feature track, encoded
 * @property {string} title from the file's tags, else its name
 * @property {string} artist from the file's tags, or empty
 * @property {Blob | null} cover the front cover in the tags, as it is stored there
 */

/** @typedef {Heard & {name: string}} Song */

/**
 * Read a song. Rejects with a SongError or a PartError, whose message is for the user, or with the signal's reason.
 * @param {File} file MP3, WAV or M4A
 * @param {{report?: (fraction: number) => void, signal?: AbortSignal}} [options]
 * @returns {Promise<Song>}
 */
export async function readSong(file, {report = () => {}, signal} = {}) {
  signal?.throwIfAborted();
  if (!file.size) throw new SongError('empty');
  const worker = new Worker(new URL('./song-worker.js', import.meta.url), {type: 'module'});
  const atOnce = typeof AudioDecoder === 'undefined';
  try {
    const heard = await new Promise((done, fail) => {
      signal?.addEventListener('abort', () => fail(signal.reason), {once: true});
      let started = false;
      worker.onerror = () => fail(started ? new SongError('unreadable') : new PartError());
      worker.onmessage = async ({data}) => {
        if (data.started) started = true;
        else if (data.heard) done(data.heard);
        else if (data.problem) fail(Object.assign(new SongError(data.problem), {cause: data.reason}));
        else if (data.decodeAt) await decodeForWorker(file, data.decodeAt, worker).catch(() => fail(new SongError('unreadable')));
        else report(data.fraction);
      };
      worker.postMessage({file, atOnce});
    });
    return {...heard, name: file.name};
  } catch (error) {
    const isOther = error instanceof SongError && error.problem === 'unreadable' && !isNamedAsSong(file);
    throw isOther ? Object.assign(new SongError('not audio'), {cause: error.cause}) : error;
  } finally {
    worker.terminate();
  }
}

/** Whether a file that cannot be read was meant to be a song: it is damaged then. @param {File} file */
const isNamedAsSong = ({name}) => /\.(mp3|wav|wave|m4a|mp4|aac|flac|ogg|oga|opus)$/i.test(name);

/**
 * The feature track of a song, as looks read it.
 * @param {Heard} song
 */
export function trackOf(song) {
  return decodeTrack(song.track);
}

/**
 * @param {File} file
 * @param {number} rate
 * @param {Worker} worker
 */
async function decodeForWorker(file, rate, worker) {
  const context = new OfflineAudioContext(1, 1, rate);
  const sound = await context.decodeAudioData(await file.arrayBuffer());
  const channels = Array.from({length: sound.numberOfChannels}, (_, i) => sound.getChannelData(i).slice());
  worker.postMessage({channels}, channels.map(({buffer}) => buffer));
}
