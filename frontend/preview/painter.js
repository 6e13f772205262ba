// Draws a scene's frames into a canvas, with the looks and passes of the render. Works in a worker and in a page.
import {WebGLRenderer} from 'three';
import {Show, preparedLook} from '../looks/core/show.js';
import {FeatureTrack} from '../sound/track.js';
import {part} from '../lib/part.js';
import {CannotDraw} from './cannot-draw.js';
import {Pictures} from './pictures.js';

/**
 * @typedef {object} Painting
 * @property {any} settings resolved; `output` has the size of the canvas
 * @property {import('../sound/track.js').FeatureTrackData | null} track null for the one that was given last
 * @property {string} title
 * @property {string} artist
 * @property {Blob | null} cover
 * @property {Blob | null} image the background picture
 * @property {boolean} watermark
 */

/**
 * @typedef {object} PosterOptions
 * @property {'image/jpeg' | 'image/png'} [type]
 * @property {boolean} [watermark] as what is shown, without a value
 * @property {{width: number, height: number}} [size] pixels; as what is shown, without a value
 */

/** The service shrinks larger pictures as well. */
const COVER_SIDE = 1024;
const BACKGROUND_SIDE = 4096;
const LOOK_AGAIN_MS = 2;

/** @returns {WebGLContextAttributes} */
const attributes = () => ({antialias: false, depth: false, alpha: true, premultipliedAlpha: false, stencil: false});

/** Whether WebGL 2 works here on a canvas that is on no page. */
export function canPaintOffscreen() {
  try {
    return new OffscreenCanvas(1, 1).getContext('webgl2') !== null;
  } catch {
    return false;
  }
}

export class Painter {
  /** @param {OffscreenCanvas | HTMLCanvasElement} canvas */
  constructor(canvas) {
    const context = /** @type {WebGL2RenderingContext | null} */ (canvas.getContext('webgl2', attributes()));
    if (!context) throw new CannotDraw();
    this.canvas = canvas;
    this.gl = context;
    this.renderer = new WebGLRenderer({canvas: /** @type {any} */ (canvas), context});
    this.pictures = new Pictures();
    /** @type {Show | null} */
    this.painted = null;
    /** @type {FeatureTrack | null} */
    this.track = null;
    /** @type {{options: any, createLook: any} | null} what is shown, to be made again when the context was lost */
    this.made = null;
    this.frame = 0;
    this.turn = 0;
    canvas.addEventListener('webglcontextlost', (event) => this.#lose(event));
    canvas.addEventListener('webglcontextrestored', () => this.made && this.#apply());
  }

  /**
   * Show something else. What it has in common with what was shown is not made again. Of several calls in a row, the last
   * one counts.
   * @param {Painting} painting
   */
  async show({settings, track, title, artist, cover, image, watermark}) {
    const turn = ++this.turn;
    if (track) this.track = new FeatureTrack(track);
    const {type, image: behind} = settings.background;
    const needed = type === 'image' && behind !== 'cover' ? image : null;
    const [coverPicture, imagePicture] = await Promise.all([this.pictures.get(cover, COVER_SIDE), this.pictures.get(needed, BACKGROUND_SIDE)]);
    const options = {
      renderer: this.renderer, settings, track: this.track, title, artist, watermark, cover: coverPicture, image: imagePicture,
    };
    const createLook = await part(preparedLook(/** @type {any} */ (options)));
    if (turn !== this.turn) return;
    this.made = {options, createLook};
    this.#apply();
    this.pictures.keepOnly([cover, needed]);
  }

  #apply() {
    const {options, createLook} = /** @type {NonNullable<typeof this.made>} */ (this.made);
    if (this.gl.isContextLost()) return;
    const {width, height} = options.settings.output;
    if (this.canvas.width !== width || this.canvas.height !== height) this.renderer.setSize(width, height, false);
    if (this.painted) this.painted.change(options, createLook);
    else this.painted = new Show(options, createLook);
    // A canvas of another size is empty until something is drawn.
    this.#paint(this.frame);
  }

  /** @param {Event} event */
  #lose(event) {
    // Without this the context would not come back.
    event.preventDefault();
    // Now, as the next context does not know what belongs to this one.
    this.painted?.dispose();
    this.painted = null;
  }

  /** @param {number} frame */
  #paint(frame) {
    if (!this.painted || this.gl.isContextLost()) return;
    this.painted.draw(frame);
    this.painted.compositor.toCanvas();
  }

  /**
   * Draw a frame; resolves when the machine has drawn it.
   * @param {number} frame index from the start of the song
   * @returns {Promise<number>} milliseconds that it took
   */
  async draw(frame) {
    const started = performance.now();
    this.frame = frame;
    this.#paint(frame);
    await this.#done();
    return performance.now() - started;
  }

  async #done() {
    const {gl} = this;
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    while (fence && !gl.isContextLost() && gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED) {
      await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
    }
    gl.deleteSync(fence);
  }

  /**
   * A frame as a picture; the canvas goes on to show what it showed.
   * @param {number} frame
   * @param {PosterOptions} [options]
   * @returns {Promise<Blob>}
   */
  poster(frame, {type = 'image/jpeg', watermark, size} = {}) {
    this.#become({watermark, size});
    this.#paint(frame);
    const copy = new OffscreenCanvas(this.canvas.width, this.canvas.height);
    copy.getContext('2d')?.drawImage(this.canvas, 0, 0);
    // Within one task: what is on the screen is never seen otherwise.
    this.#become({});
    this.#paint(this.frame);
    return copy.convertToBlob({type, quality: .9});
  }

  /** Be as what is shown, but for these. @param {PosterOptions} options */
  #become({watermark, size}) {
    if (!this.made || !this.painted) return;
    const {options, createLook} = this.made;
    const output = {...options.settings.output, ...size};
    if (this.canvas.width !== output.width || this.canvas.height !== output.height) this.renderer.setSize(output.width, output.height, false);
    this.painted.change({...options, settings: {...options.settings, output}, watermark: watermark ?? options.watermark}, createLook);
  }

  /** Let go of everything on the graphics card. */
  dispose() {
    this.turn++;
    this.painted?.dispose();
    this.pictures.keepOnly([]);
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}
