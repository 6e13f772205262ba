// What the browser tests call: the preview's parts as the studio gets them, and comparisons of what they made.
import {wavHeader} from '../../preview/canonical.js';
import {decodeTrackData} from '../../sound/track-codec.js';
import {fittedLines} from '../../looks/core/text.js';
import {LOOKS} from '../../preview/looks.js';
import {Painter} from '../../preview/painter.js';
import {Player} from '../../preview/player.js';
import {Preview} from '../../preview/preview.js';
import {resolveSettings} from '../../preview/settings.js';
import {readSong, trackOf} from '../../preview/song.js';
import {decodeTrack} from '../../sound/track.js';

/** @type {Map<string, import('../../preview/song.js').Song>} */
const songs = new Map();

/** @type {Preview | null} */
let preview = null;
/** @type {Painter | null} */
let painter = null;
const player = new Player();
/** @type {string[]} frames and changes of the player */
const heard = [];
player.addEventListener('frame', () => heard.push(`frame ${player.timeS}`));
player.addEventListener('change', () => heard.push(player.paused ? 'paused' : 'plays'));

/** Whether a page may play by itself, before anybody has touched it. */
const early = (async () => {
  const silence = new Blob([wavHeader(4800), new Int16Array(9600)]);
  const untouched = new Player();
  await untouched.load(silence);
  const plays = await untouched.play();
  untouched.dispose();
  return plays;
})();

/**
 * @typedef {object} Shown addresses of what is shown
 * @property {Record<string, any>} document settings
 * @property {string} [track] encoded feature track
 * @property {string} [song] a song that was read, in place of a track
 * @property {string} [cover]
 * @property {string} [image]
 * @property {string} [title]
 * @property {string} [artist]
 * @property {boolean} [watermark]
 */

/** @type {Map<string, Promise<any>>} the same address gives the same object, as in the studio */
const fetched = new Map();

/**
 * @template T
 * @param {string} url
 * @param {(file: File) => Promise<T>} make
 * @returns {Promise<T>}
 */
function once(url, make) {
  if (!fetched.has(url)) fetched.set(url, fileAt(url).then(make));
  return /** @type {Promise<T>} */ (fetched.get(url));
}

/** @type {Map<string, import('../../sound/track.js').FeatureTrack>} */
const tracks = new Map();

/**
 * @param {string} track
 * @param {string} song
 */
async function trackAt(track, song) {
  const read = songs.get(song);
  if (!read) return once(track, async (file) => decodeTrack(await file.arrayBuffer()));
  if (!tracks.has(song)) tracks.set(song, trackOf(read));
  return /** @type {import('../../sound/track.js').FeatureTrack} */ (tracks.get(song));
}

/** @param {Shown} shown */
async function sceneOf({document: given, track = '', song = '', cover, image, title = '', artist = '', watermark = false}) {
  return {
    settings: resolveSettings(given, LOOKS), title, artist, watermark,
    track: await trackAt(track, song),
    cover: cover ? await once(cover, async (file) => file) : null,
    image: image ? await once(image, async (file) => file) : null,
  };
}

/** @param {Blob} png */
async function textOf(png) {
  const bytes = new Uint8Array(await png.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
}

const harness = {
  early,

  /**
   * Show something in the preview, in a box of this width.
   * @param {Shown} shown
   * @param {number} width pixels
   */
  async show(shown, width) {
    const host = /** @type {HTMLElement} */ (document.querySelector('#host'));
    host.style.width = `${width}px`;
    preview ??= new Preview(host);
    const started = performance.now();
    await preview.show(await sceneOf(shown));
    return performance.now() - started;
  },

  /**
   * The picture of a moment as the stage shows it, PNG in base64.
   * @param {number} timeS
   */
  async picture(timeS) {
    return textOf(await /** @type {Preview} */ (preview).poster(timeS, {type: 'image/png', size: undefined}));
  },

  /**
   * The picture of a moment for a dialog or a list, PNG in base64.
   * @param {number} timeS
   */
  async poster(timeS) {
    return textOf(await /** @type {Preview} */ (preview).poster(timeS, {type: 'image/png'}));
  },

  /**
   * Milliseconds from a seek to its picture.
   * @param {number} timeS
   */
  async seek(timeS) {
    const started = performance.now();
    await preview?.draw(timeS);
    return performance.now() - started;
  },

  fittedLines,

  closePreview() {
    preview?.dispose();
    preview = null;
    return document.querySelectorAll('canvas').length;
  },

  /** A painter on the page itself: its insides can be seen. */
  painter: {
    /** @param {Shown} shown */
    async show(shown) {
      painter ??= new Painter(document.body.appendChild(document.createElement('canvas')));
      const scene = await sceneOf(shown);
      await painter.show({...scene, track: scene.track.data});
    },

    /** @param {number} frame */
    async draw(frame) {
      return painter?.draw(frame);
    },

    /** @param {number} frame */
    async picture(frame) {
      return textOf(await /** @type {Painter} */ (painter).poster(frame, {type: 'image/png'}));
    },

    /** The next one is another painter. */
    anew() {
      painter?.dispose();
      painter?.canvas instanceof HTMLCanvasElement && painter.canvas.remove();
      painter = null;
    },

    /** What is on the graphics card. */
    memory() {
      const {memory, programs} = /** @type {Painter} */ (painter).renderer.info;
      return {...memory, programs: programs?.length};
    },

    async loseContext() {
      const {gl, canvas} = /** @type {Painter} */ (painter);
      const lost = gl.getExtension('WEBGL_lose_context');
      const event = (/** @type {string} */ name) => new Promise((done) => canvas.addEventListener(name, done, {once: true}));
      const gone = event('webglcontextlost');
      lost?.loseContext();
      await gone;
      // It may be asked for again only once everybody has heard of it.
      await new Promise((done) => setTimeout(done));
      const back = event('webglcontextrestored');
      lost?.restoreContext();
      await back;
    },
  },

  player: {
    /** @param {string} url of a song that was read */
    async load(url) {
      const song = /** @type {import('../../preview/song.js').Song} */ (songs.get(url));
      await player.load(song.pcm);
      return trackOf(song).durationS;
    },
    play: (/** @type {number} */ untilS) => player.play(untilS),
    pause: () => player.pause(),
    seek: (/** @type {number} */ timeS) => player.seek(timeS),
    state: () => ({paused: player.paused, timeS: player.timeS}),
    heard: () => heard.splice(0),
  },

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
