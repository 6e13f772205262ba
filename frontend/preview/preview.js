// The preview in a page: a canvas with the frames of the render, as large as it is seen and the machine manages.
import {brushFor} from './brush.js';
import {frameAt} from './clock.js';
import {Pace, sizeFor} from './size.js';

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

/** A picture that has stood still for so long is drawn as sharp as it is seen, though a slow machine plays it smaller. */
const REST_MS = 350;

/** Pixels: enough for a dialog and a list on a fine screen. */
const POSTER_WIDTH = 960;

export class Preview {
  /** @type {Promise<import('./brush.js').Brush>} */
  #brush;
  /** @type {Scene | null} */
  #scene = null;
  #timeS = 0;
  #busy = false;
  #drawing = Promise.resolve();
  #stale = false;
  /** @type {object | null} the track that the painter has */
  #sentTrack = null;
  #pace = new Pace();
  #shown = '';
  #isAtRest = false;
  #rest = 0;
  #observer = new ResizeObserver(() => void this.#resize());

  /** @param {HTMLElement} host is filled by the canvas */
  constructor(host) {
    this.host = host;
    this.canvas = document.createElement('canvas');
    host.append(this.canvas);
    this.#brush = brushFor(this.canvas);
    // Whoever wants to show something is told.
    this.#brush.catch(() => {});
    this.#observer.observe(host);
  }

  /**
   * Show something else; resolves when it is drawn. Of several calls in a row, the last one counts. Rejects with a
   * CannotDraw where the browser cannot draw, and with a PartError where the code for it did not load.
   * @param {Scene} scene
   */
  show(scene) {
    this.#scene = scene;
    clearTimeout(this.#rest);
    this.#isAtRest = false;
    return this.#send(scene);
  }

  /** @param {Scene} scene */
  async #send(scene) {
    const brush = await this.#brush;
    if (this.#scene !== scene) return;
    const size = this.#size(scene);
    this.#shown = `${size.width}x${size.height}`;
    const isNew = scene.track !== this.#sentTrack;
    this.#sentTrack = scene.track;
    const {settings, title, artist, cover, image, watermark} = scene;
    await brush.show({
      settings: {...settings, output: {...settings.output, ...size}}, title, artist, cover, image, watermark,
      track: isNew ? scene.track.data : null,
    });
    void this.#redraw();
  }

  /**
   * Draw the frame of a moment. While a frame is being drawn only the newest moment is remembered.
   * @param {number} timeS
   * @returns {Promise<void>} resolves when nothing newer is left to draw
   */
  draw(timeS) {
    this.#timeS = timeS;
    this.#wake();
    return this.#redraw();
  }

  /** @returns {Promise<void>} */
  #redraw() {
    this.#stale = true;
    if (!this.#busy && this.#scene) this.#drawing = this.#catchUp();
    return this.#drawing;
  }

  async #catchUp() {
    this.#busy = true;
    try {
      const brush = await this.#brush;
      while (this.#stale && this.#scene) {
        this.#stale = false;
        const ms = await brush.draw(this.#frameOf(this.#timeS));
        if (!this.#isAtRest && this.#pace.take(ms)) void this.#resize();
      }
      this.#awaitRest();
    } catch {
      // Nothing can be drawn; `show` has said so.
    } finally {
      this.#busy = false;
    }
  }

  #awaitRest() {
    clearTimeout(this.#rest);
    if (this.#isAtRest || this.#pace.scale === 1) return;
    this.#rest = window.setTimeout(() => {
      this.#isAtRest = true;
      void this.#resize();
    }, REST_MS);
  }

  /** Something moves again, at the size that this machine can play. */
  #wake() {
    clearTimeout(this.#rest);
    if (!this.#isAtRest) return;
    this.#isAtRest = false;
    void this.#resize();
  }

  /**
   * The frame of a moment as a picture, sharp also where the machine can play a small one only.
   * @param {number} timeS
   * @param {import('./painter.js').PosterOptions} [options]
   * @returns {Promise<Blob>}
   */
  async poster(timeS, options) {
    const size = this.#scene ? sizeFor(this.#scene.settings.output, POSTER_WIDTH, 1) : undefined;
    return (await this.#brush).poster(this.#frameOf(timeS), {size, ...options});
  }

  dispose() {
    this.#scene = null;
    this.#observer.disconnect();
    clearTimeout(this.#rest);
    void this.#brush.then((brush) => brush.dispose(), () => {});
    this.canvas.remove();
  }

  /** @param {number} timeS */
  #frameOf(timeS) {
    return frameAt(timeS, this.#scene?.settings.output.fps ?? 30);
  }

  /** @param {Scene} scene */
  #size({settings}) {
    return sizeFor(settings.output, this.host.clientWidth * devicePixelRatio, this.#isAtRest ? 1 : this.#pace.scale);
  }

  async #resize() {
    const scene = this.#scene;
    if (!scene || !this.host.clientWidth) return;
    const {width, height} = this.#size(scene);
    if (`${width}x${height}` !== this.#shown) await this.#send(scene).catch(() => {});
  }
}
