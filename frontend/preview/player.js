// Plays the decoded song. What is heard comes from the same PCM that was analysed, so picture and sound agree to a sample.
// Uses the page: a media element and the page's frames.
import {SoundClock} from './clock.js';

/** A media element says that it has ended a little before or behind the last sample. */
const END_S = .05;

/**
 * Events: `frame` (a new moment is heard), `change` (plays, pauses).
 */
export class Player extends EventTarget {
  /**
   * How much later the ear hears than the system knows, in seconds: some wireless headphones add 0.2. The latency that the
   * system does know is in the media element's own time.
   */
  offsetS = 0;

  #audio = new Audio();
  #url = '';
  #tick = 0;
  #clock = new SoundClock();
  /** The moment at which it stands; a seek shows its moment at once, and the element needs a while to get there. */
  #standsS = 0;
  #untilS = Infinity;
  #over = new AbortController();

  constructor() {
    super();
    this.#audio.preload = 'auto';
    const {signal} = this.#over;
    for (const name of ['play', 'playing', 'pause', 'ended']) this.#audio.addEventListener(name, () => this.#changed(), {signal});
    this.#audio.addEventListener('seeked', () => this.#tell('frame'), {signal});
    // A hidden page has no frames of its own: the sound goes on, and the picture catches up.
    this.#audio.addEventListener('timeupdate', () => this.#stopInTime(), {signal});
    document.addEventListener('visibilitychange', () => this.#tell('frame'), {signal});
  }

  get paused() {
    return this.#audio.paused;
  }

  get muted() {
    return this.#audio.muted;
  }

  set muted(muted) {
    this.#audio.muted = muted;
  }

  /** The moment that is heard now. */
  get timeS() {
    if (this.#audio.seeking || this.#audio.paused) return this.#standsS;
    return Math.max(0, this.#clock.at(performance.now() / 1000, this.#audio.currentTime) - this.offsetS);
  }

  /**
   * @param {Blob} pcm a WAV file
   */
  async load(pcm) {
    this.pause();
    URL.revokeObjectURL(this.#url);
    this.#url = URL.createObjectURL(pcm);
    this.#audio.src = this.#url;
    this.#standsS = 0;
    this.#untilS = Infinity;
    await new Promise((done) => {
      this.#audio.addEventListener('loadeddata', done, {once: true});
      this.#audio.addEventListener('error', done, {once: true});
    });
  }

  /**
   * Only on a click, a touch or a key: browsers let no page sound by itself.
   * @param {number} [untilS] where it stops
   * @returns {Promise<boolean>} whether it plays
   */
  async play(untilS = Infinity) {
    this.#untilS = untilS;
    // Else an iPhone's switch for its bell would silence the song as well.
    const session = /** @type {any} */ (navigator).audioSession;
    if (session) session.type = 'playback';
    return this.#audio.play().then(() => true, () => false);
  }

  /** Where it stops, for as long as it plays. @param {number} untilS */
  set untilS(untilS) {
    this.#untilS = untilS;
  }

  pause() {
    this.#standsS = this.timeS;
    this.#audio.pause();
  }

  /** @param {number} timeS */
  seek(timeS) {
    this.#standsS = timeS;
    this.#clock.reset();
    this.#audio.currentTime = timeS;
    this.#tell('frame');
  }

  dispose() {
    this.#over.abort();
    cancelAnimationFrame(this.#tick);
    this.#audio.pause();
    this.#audio.removeAttribute('src');
    this.#audio.load();
    URL.revokeObjectURL(this.#url);
  }

  #changed() {
    this.#clock.reset();
    cancelAnimationFrame(this.#tick);
    if (this.#audio.ended) this.#standsS = this.#audio.duration;
    if (!this.#audio.paused) this.#run();
    this.#tell('change');
  }

  #run() {
    // Where it stands if the system pauses it.
    this.#standsS = this.timeS;
    this.#tell('frame');
    this.#stopInTime();
    if (!this.#audio.paused) this.#tick = requestAnimationFrame(() => this.#run());
  }

  #stopInTime() {
    if (this.#audio.paused || this.#audio.seeking || this.#audio.currentTime < this.#untilS || this.#untilS >= this.#audio.duration - END_S) return;
    this.#audio.pause();
    this.seek(this.#untilS);
  }

  /** @param {'frame' | 'change'} name */
  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
