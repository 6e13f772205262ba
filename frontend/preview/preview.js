// The preview in a page: a canvas whose frames a worker draws, by the code that draws the render.

/**
 * @typedef {object} Scene
 * @property {import('./settings.js').Settings} settings
 * @property {import('../sound/track.js').FeatureTrack} track
 * @property {string} title
 * @property {string} artist
 * @property {Blob | null} cover
 * @property {Blob | null} image the background picture
 * @property {boolean} watermark
 */

/** More pixels than these do not fit into every phone. */
const MOST_PIXELS = 1920 * 1080;
/** Below this the watermark would be larger than in the video: it keeps a readable size. */
const SMALLEST_SIDE = 360;
/** A slow machine gets a smaller picture, in these steps, never a different time. */
const SCALES = [1, 0.75, 0.5, 0.36];
const SLOW_MS = 50;
const FAST_MS = 20;
const MEASURED_FRAMES = 12;

export class Preview {
  /** @type {Worker} */
  #worker;
  /** @type {Scene | null} */
  #scene = null;
  #timeS = 0;
  #busy = false;
  #stale = false;
  #calls = 0;
  /** @type {Map<number, {done: (value: any) => void, fail: (error: Error) => void}>} */
  #waiting = new Map();
  /** @type {object | null} the track that the worker has */
  #sentTrack = null;
  #scale = 0;
  /** @type {number[]} */
  #times = [];
  #observer = new ResizeObserver(() => void this.#resize());

  /** @param {HTMLElement} host is filled by the canvas */
  constructor(host) {
    this.host = host;
    this.canvas = document.createElement('canvas');
    host.append(this.canvas);
    this.#worker = new Worker(new URL('./preview-worker.js', import.meta.url), {type: 'module'});
    this.#worker.onmessage = ({data}) => this.#hear(data);
    this.#worker.onerror = (event) => this.#failAll(new Error(event.message || 'the preview failed to start'));
    const canvas = this.canvas.transferControlToOffscreen();
    void this.#call('open', {canvas}, [canvas]).catch(() => {});
    this.#observer.observe(host);
  }

  /**
   * Show something else; resolves when it can be drawn. Of several calls in a row, the last one counts.
   * @param {Scene} scene
   */
  async show(scene) {
    this.#scene = scene;
    const size = this.#size();
    const isNew = scene.track !== this.#sentTrack;
    this.#sentTrack = scene.track;
    const {settings, title, artist, cover, image, watermark} = scene;
    await this.#call('show', {
      settings: {...settings, output: {...settings.output, ...size}}, title, artist, cover, image, watermark,
      track: isNew ? scene.track.data : null,
    });
    this.draw(this.#timeS);
  }

  /**
   * Draw the frame of a moment. While a frame is being drawn only the newest moment is remembered.
   * @param {number} timeS
   */
  draw(timeS) {
    this.#timeS = timeS;
    if (!this.#scene) return;
    if (this.#busy) {
      this.#stale = true;
      return;
    }
    this.#busy = true;
    const frame = Math.floor(timeS * this.#scene.settings.output.fps + 1e-6);
    void this.#call('draw', {frame})
      .then((ms) => this.#measure(ms), () => {})
      .finally(() => {
        this.#busy = false;
        if (this.#stale) {
          this.#stale = false;
          this.draw(this.#timeS);
        }
      });
  }

  /**
   * The frame of a moment as a picture.
   * @param {number} timeS
   * @returns {Promise<Blob>}
   */
  async poster(timeS) {
    const fps = this.#scene?.settings.output.fps ?? 30;
    const blob = await this.#call('poster', {frame: Math.floor(timeS * fps + 1e-6)});
    this.draw(this.#timeS);
    return blob;
  }

  dispose() {
    this.#observer.disconnect();
    this.#failAll(new Error('the preview is gone'));
    this.#worker.terminate();
    this.canvas.remove();
  }

  /** Pixels of the canvas: as many as are seen, the shape of the video, no more than the machine manages. */
  #size() {
    const {width, height} = /** @type {Scene} */ (this.#scene).settings.output;
    const seen = Math.max(1, this.host.clientWidth) * Math.min(2, devicePixelRatio);
    const pixels = (seen * seen * height) / width;
    const fit = Math.min(seen / width, 1, (seen / width) * Math.sqrt(MOST_PIXELS / pixels));
    const scale = Math.max((fit * (SCALES[this.#scale] ?? 1)), SMALLEST_SIDE / Math.min(width, height));
    const even = (/** @type {number} */ side) => 2 * Math.round((side * Math.min(1, scale)) / 2);
    return {width: even(width), height: even(height)};
  }

  async #resize() {
    if (!this.#scene || !this.host.clientWidth) return;
    const scene = this.#scene;
    await this.show(scene).catch(() => {});
  }

  /** @param {number} ms from one drawn frame to the next */
  #measure(ms) {
    this.#times.push(ms);
    if (this.#times.length < MEASURED_FRAMES) return;
    const median = [...this.#times].sort((a, b) => a - b)[MEASURED_FRAMES >> 1] ?? 0;
    this.#times = [];
    const next = median > SLOW_MS ? this.#scale + 1 : median < FAST_MS ? this.#scale - 1 : this.#scale;
    // Growing again after one shrink would go back and forth for ever.
    if (next === this.#scale || next >= SCALES.length || next < this.#scale) return;
    this.#scale = next;
    void this.#resize();
  }

  /**
   * @param {string} method
   * @param {object} args
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  #call(method, args, transfer = []) {
    const call = ++this.#calls;
    this.#worker.postMessage({call, method, args}, transfer);
    return new Promise((done, fail) => this.#waiting.set(call, {done, fail}));
  }

  /** @param {{call: number, value?: unknown, error?: string}} answer */
  #hear({call, value, error}) {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (error) waiting?.fail(new Error(error));
    else waiting?.done(value);
  }

  /** @param {Error} error */
  #failAll(error) {
    for (const {fail} of this.#waiting.values()) fail(error);
    this.#waiting.clear();
  }
}
