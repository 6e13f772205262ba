// Plays the decoded song. What is heard comes from the same PCM that was analysed, so picture and sound agree to a sample.

/**
 * Events: `frame` (a new moment is heard), `change` (plays, pauses).
 */
export class Player extends EventTarget {
  /** How much later the ear hears than the browser says, in seconds: Bluetooth adds up to 0.2. */
  offsetS = 0;

  #audio = new Audio();
  #url = '';
  #tick = 0;
  /** A seek shows its moment at once; the element needs a while to get there. */
  #soughtS = 0;
  /** @type {AudioContext | null} */
  #context = null;

  constructor() {
    super();
    this.#audio.preload = 'auto';
    for (const name of ['play', 'pause', 'ended']) this.#audio.addEventListener(name, () => this.#changed());
    this.#audio.addEventListener('seeked', () => this.dispatchEvent(new Event('frame')));
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
    if (this.#audio.seeking || this.#audio.paused) return this.#soughtS;
    const latency = this.#context?.outputLatency ?? 0;
    return Math.max(0, this.#audio.currentTime - latency - this.offsetS);
  }

  /**
   * @param {Blob} pcm a WAV file
   */
  async load(pcm) {
    this.pause();
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = URL.createObjectURL(pcm);
    this.#audio.src = this.#url;
    this.#soughtS = 0;
    await new Promise((done) => {
      this.#audio.addEventListener('loadeddata', done, {once: true});
      this.#audio.addEventListener('error', done, {once: true});
    });
  }

  /** Only on a click or a key: browsers let no page sound by itself. */
  async play() {
    // Says how late the speakers are; made on a gesture, since iOS lets it start at no other time.
    this.#context ??= 'AudioContext' in window ? new AudioContext() : null;
    await this.#audio.play().catch(() => {});
  }

  pause() {
    this.#soughtS = this.timeS;
    this.#audio.pause();
  }

  /** @param {number} timeS */
  seek(timeS) {
    this.#soughtS = timeS;
    this.#audio.currentTime = timeS;
    this.dispatchEvent(new Event('frame'));
  }

  dispose() {
    cancelAnimationFrame(this.#tick);
    this.#audio.pause();
    this.#audio.removeAttribute('src');
    if (this.#url) URL.revokeObjectURL(this.#url);
    void this.#context?.close();
  }

  #changed() {
    cancelAnimationFrame(this.#tick);
    if (this.#audio.ended) this.#soughtS = this.#audio.duration;
    if (!this.#audio.paused) this.#run();
    this.dispatchEvent(new Event('change'));
  }

  #run() {
    this.dispatchEvent(new Event('frame'));
    this.#tick = requestAnimationFrame(() => this.#run());
  }
}
