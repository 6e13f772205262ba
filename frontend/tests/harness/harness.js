// What the browser tests call: the preview's parts as the studio gets them, and comparisons of what they made.
import {decodeTrackData} from '../../sound/track-codec.js';
import {readSong} from '../../preview/song.js';

/** @type {Map<string, import('../../preview/song.js').Song>} */
const songs = new Map();

const harness = {
  /**
   * Read the file at an address as a song and keep it under that address.
   * @param {string} url
   * @param {number} [cancelAt] fraction at which it is cancelled
   */
  async read(url, cancelAt = Infinity) {
    const cancel = new AbortController();
    /** @type {number[]} */
    const fractions = [];
    const report = (/** @type {number} */ fraction) => {
      fractions.push(fraction);
      if (fraction >= cancelAt) cancel.abort();
    };
    const started = performance.now();
    try {
      const song = await readSong(await fileAt(url), {report, signal: cancel.signal});
      songs.set(url, song);
      const {title, artist, samples, cover} = song;
      return {title, artist, samples, cover: cover?.size ?? 0, fractions, ms: performance.now() - started};
    } catch (error) {
      const {name, message, cause} = /** @type {Error} */ (error);
      return {name, message, fractions, cause: String(cause)};
    }
  },

  /**
   * How a song's PCM and feature track differ from the service's.
   * @param {string} url of the song that was read
   * @param {string} pcmUrl canonical PCM
   * @param {string} trackUrl encoded feature track
   */
  async compare(url, pcmUrl, trackUrl) {
    const song = /** @type {import('../../preview/song.js').Song} */ (songs.get(url));
    const ours = new Int16Array(await song.pcm.slice(44).arrayBuffer());
    const theirs = new Int16Array(await (await fileAt(pcmUrl)).arrayBuffer());
    return {
      pcm: {length: [ours.length / 2, theirs.length / 2], ...difference(ours, theirs)},
      track: trackDifference(decodeTrackData(song.track), decodeTrackData(await (await fileAt(trackUrl)).arrayBuffer())),
    };
  },
};

/** @param {string} url */
async function fileAt(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
  return new File([await answer.blob()], decodeURIComponent(new URL(url, location.href).pathname.split('/').pop() ?? ''));
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function difference(a, b) {
  let most = 0, sum = 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const by = Math.abs(a[i] - b[i]);
    most = Math.max(most, by);
    sum += by;
  }
  return {most, mean: sum / Math.max(1, length)};
}

/**
 * @param {any} ours
 * @param {any} theirs
 */
function trackDifference(ours, theirs) {
  const arrays = Object.keys(theirs).filter((name) => ArrayBuffer.isView(theirs[name]));
  return {
    rows: [ours.rows, theirs.rows],
    drop: [ours.drop, theirs.drop],
    tempo: [ours.tempoBpm, theirs.tempoBpm],
    sections: [ours.sections, theirs.sections],
    arrays: Object.fromEntries(arrays.map((name) => [name, {
      length: [ours[name].length, theirs[name].length], ...difference(ours[name], theirs[name]),
    }])),
  };
}

Object.assign(window, {harness});
