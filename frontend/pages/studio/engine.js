// The studio's song, sound and picture: what is open, what plays, what is drawn.
import {PartError} from '../../lib/part.js';
import {CannotDraw} from '../../preview/cannot-draw.js';
import {Player} from '../../preview/player.js';
import {Preview} from '../../preview/preview.js';
import {SongError, readSong, trackOf} from '../../preview/song.js';
import {timeWithText} from '../../looks/core/text-times.js';
import {decodeTrack} from '../../sound/track.js';
import {KnownUploads} from './known-uploads.js';
import {PictureUrls} from './picture-urls.js';
import exampleTrack from '../../example/first-light.orft?url';

/**
 * @typedef {import('../../preview/settings.js').Settings} Settings
 * @typedef {import('../../sound/track.js').FeatureTrack} FeatureTrack
 * @typedef {{file: File, name: string, title: string, artist: string, cover: Blob | null, durationS: number}} OpenSong
 */

const EXAMPLE = {title: 'First Light', artist: 'Oriel'};
const NOTHING_DRAWN = 'The picture cannot be drawn. Reload the page, or go on: your video is made all the same.';

/**
 * Events: `change` (what is open or plays), `time` (a frame is shown), `cover`.
 */
export class Engine extends EventTarget {
  /** @type {OpenSong | null} */
  song = null;
  /** @type {FeatureTrack | null} */
  track = null;
  /** @type {{name: string, fraction: number, isFetched?: boolean} | null} */
  opening = null;
  /** Why the last file could not be opened, in a sentence. */
  problem = '';
  /** Why there is no picture, in a sentence. */
  pictureProblem = '';
  /** Whether a part of the page is missing, so that only a reload helps. */
  outdated = false;
  /** Whether the video will have a watermark; the preview shows it too. */
  watermark = true;
  /** What was read from the song. @type {import('../../preview/song.js').Song | null} */
  heard = null;
  uploads = new KnownUploads();
  urls = new PictureUrls();

  /** @type {Preview | null} */
  #preview = null;
  /** @type {import('./own-pictures.js').OwnPictures} */
  #pictures;
  #player = new Player();
  #stopping = new AbortController();
  /** @type {Settings | null} */
  #settings = null;
  #exampleS = 0;
  #exampleAt = 0;
  #exampleRests = true;
  #tick = 0;

  /** @param {import('./own-pictures.js').OwnPictures} pictures the visitor's own */
  constructor(pictures) {
    super();
    this.#pictures = pictures;
    this.#player.addEventListener('frame', () => this.#draw());
    this.#player.addEventListener('change', () => this.#tell('change'));
  }

  get durationS() {
    return this.track?.durationS ?? 0;
  }

  get timeS() {
    return this.song ? this.#player.timeS : this.#exampleS;
  }

  get paused() {
    return this.song ? this.#player.paused : this.#exampleRests;
  }

  get canPlay() {
    return this.track !== null && this.opening === null;
  }

  /** By how much what is heard lags behind what the browser plays. @param {number} seconds */
  set delayS(seconds) {
    this.#player.offsetS = seconds;
  }

  get muted() {
    return this.#player.muted;
  }

  set muted(muted) {
    this.#player.muted = muted;
  }

  /** @param {HTMLElement} host */
  attach(host) {
    this.#preview = new Preview(host);
  }

  dispose() {
    cancelAnimationFrame(this.#tick);
    this.#stopping.abort();
    this.#player.dispose();
    this.#preview?.dispose();
    this.urls.keepOnly([]);
  }

  // --- what is open

  /**
   * Something beautiful before anything is dropped: our own song, seen but not heard.
   * @param {Settings} settings
   */
  async showExample(settings) {
    const answer = await fetch(exampleTrack).catch(() => null);
    // Without the example the stage is empty, and everything else works.
    if (!answer?.ok) return;
    const track = decodeTrack(await answer.arrayBuffer());
    if (this.song || this.opening) return;
    this.track = track;
    this.#tell('change');
    await this.show(settings);
    const rests = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#exampleS = rests ? track.dropS + 0.1 : track.dropS - 4;
    this.#restExample(rests);
  }

  /** @param {boolean} rests */
  #restExample(rests) {
    this.#exampleRests = rests;
    this.#exampleAt = performance.now();
    cancelAnimationFrame(this.#tick);
    if (rests) this.#draw();
    else this.#playExample();
    this.#tell('change');
  }

  #playExample() {
    if (this.song || !this.track) return;
    const now = performance.now();
    this.#exampleS = (this.#exampleS + (now - this.#exampleAt) / 1000) % this.track.durationS;
    this.#exampleAt = now;
    this.#draw();
    this.#tick = requestAnimationFrame(() => this.#playExample());
  }

  /**
   * Open a song; the one that is open stays until the new one is ready.
   * @param {File} file
   * @param {Settings} settings
   * @param {import('../../preview/song.js').Song | null} [heard] what was heard in it before
   * @returns {Promise<boolean>} whether it is open; if not, `problem` says why, unless the visitor has cancelled; it may be
   *   that only a reload helps (`outdated`)
   */
  async open(file, settings, heard = null) {
    this.#stopping.abort();
    const stopping = (this.#stopping = new AbortController());
    this.#player.pause();
    this.opening = {name: file.name, fraction: 0};
    this.problem = '';
    this.#tell('change');
    try {
      const song = heard ?? await readSong(file, {
        signal: stopping.signal,
        report: (fraction) => {
          this.opening = {name: file.name, fraction};
          this.#tell('change');
        },
      });
      if (stopping !== this.#stopping) return false;
      const track = trackOf(song);
      await this.#player.load(song.pcm);
      this.song = {file, name: song.name, title: song.title, artist: song.artist, cover: song.cover, durationS: track.durationS};
      this.heard = song;
      this.track = track;
      await this.show(settings);
      this.#player.seek(0);
      return true;
    } catch (error) {
      if (stopping.signal.aborted) return false;
      if (!(error instanceof SongError || error instanceof PartError)) throw error;
      this.outdated ||= error instanceof PartError;
      this.problem = error.message;
      return false;
    } finally {
      if (stopping === this.#stopping) {
        this.opening = null;
        this.#tell('change');
      }
    }
  }

  cancelOpening() {
    this.#stopping.abort();
    this.opening = null;
    this.#tell('change');
  }

  forgetProblem() {
    this.problem = '';
    this.#tell('change');
  }

  // --- what plays

  /** @param {{startS: number, endS: number}} range played, and begun anew at its end */
  toggle(range) {
    if (!this.song) {
      if (this.canPlay) this.#restExample(!this.#exampleRests);
      return;
    }
    if (!this.#player.paused) {
      this.#player.pause();
      return;
    }
    if (this.timeS < range.startS || this.timeS >= range.endS - 0.05) this.#player.seek(range.startS);
    void this.#player.play(range.endS);
  }

  /**
   * What is seen and heard is part of what will come out.
   * @param {{startS: number, endS: number}} range
   */
  stayIn({startS, endS}) {
    if (!this.song) return;
    this.#player.untilS = endS;
    if (this.timeS < startS || this.timeS > endS) this.#player.seek(startS);
  }

  /** @param {number} timeS */
  seek(timeS) {
    const inSong = Math.min(Math.max(0, timeS), this.durationS - 0.001);
    if (this.song) {
      this.#player.seek(inSong);
    } else if (this.track) {
      this.#exampleS = inSong;
      this.#draw();
    }
  }

  // --- what is drawn

  /** @param {Settings} settings */
  async show(settings) {
    this.#settings = settings;
    if (!this.#preview || !this.track) return;
    try {
      await this.#preview.show({
        settings, track: this.track, ...this.textOf(settings),
        cover: this.coverOf(settings), image: this.#pictures.get(settings.background.image), watermark: this.watermark,
      });
      this.#sayOfPicture('');
    } catch (error) {
      this.#fail(error);
    }
    this.#draw();
    this.#tell('cover');
  }

  /**
   * What is written in the picture: the settings' own words, else those of the song.
   * @param {Settings} settings
   */
  textOf({text}) {
    const names = this.song ?? EXAMPLE;
    return {title: text.title ?? names.title, artist: text.artist ?? names.artist};
  }

  /** @param {unknown} error */
  #fail(error) {
    const isKnown = error instanceof CannotDraw || error instanceof PartError;
    if (!isKnown) console.error(error);
    this.outdated ||= error instanceof PartError;
    this.#sayOfPicture(isKnown ? error.message : NOTHING_DRAWN);
  }

  /** @param {string} problem */
  #sayOfPicture(problem) {
    if (problem === this.pictureProblem) return;
    this.pictureProblem = problem;
    this.#tell('change');
  }

  #draw() {
    if (this.#settings) this.#preview?.draw(this.timeS);
    this.#tell('time');
  }

  /**
   * The strongest moment of what is rendered, with its text; null where nothing can be drawn.
   * @param {boolean} [watermark] whether the video will have one
   * @returns {Promise<Blob | null>}
   */
  async poster(watermark = this.watermark) {
    if (!this.#preview || !this.track || !this.#settings) return null;
    const {start_s: start, duration_s: duration} = this.#settings.range;
    const end = duration === null ? this.durationS : Math.min(this.durationS, start + duration);
    return this.#preview.poster(timeWithText(this.track.dropS + 0.1, start, end), {watermark}).catch(() => null);
  }

  // --- pictures, and songs from elsewhere

  /**
   * The picture that these settings have as the cover.
   * @param {Settings} settings
   * @returns {Blob | null}
   */
  coverOf({cover: {source, file}}) {
    if (source === 'none') return null;
    return source === 'file' ? this.#pictures.get(file) : (this.song?.cover ?? null);
  }

  /**
   * A song is on its way from elsewhere.
   * @param {string} name
   * @param {number} [fraction] 0..1; without one it begins
   * @returns {AbortSignal} tells that the visitor has cancelled
   */
  announce(name, fraction) {
    if (fraction === undefined) {
      this.#stopping.abort();
      this.#stopping = new AbortController();
    }
    const {signal} = this.#stopping;
    if (signal.aborted) return signal;
    this.opening = {name, fraction: fraction ?? 0, isFetched: true};
    this.#tell('change');
    return signal;
  }

  /** @param {'change' | 'time' | 'cover'} name */
  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
