// A look at work on one song: what the preview's canvas and the render's frames both draw.
import {Color, ColorManagement, LinearSRGBColorSpace} from 'three';
import {FrameSound} from '../../sound/sound.js';
import {Compositor, emptyAir} from './compositor.js';
import {layoutFor} from './layout.js';
import {loadFonts} from './fonts.js';
import {Plate} from './overlay.js';
import {paletteOf} from './oklch.js';
import {backgroundTexture, coverTexture, smallPixels} from './pictures.js';
import {lookNamed} from './registry.js';
import {textPlate, watermarkPlate} from './text.js';
import {textPresence} from './text-times.js';

/**
 * @typedef {object} ShowOptions
 * @property {import('three').WebGLRenderer} renderer
 * @property {any} settings resolved settings document: every value present
 * @property {import('../../sound/track.js').FeatureTrack} track
 * @property {ImageBitmap | null} [cover]
 * @property {ImageBitmap | null} [image] background picture
 * @property {string} [title]
 * @property {string} [artist]
 * @property {boolean} [watermark]
 */

/**
 * A show whose fonts and pictures are ready: what is drawn first is what is drawn later.
 * @param {ShowOptions} options
 */
export async function openShow(options) {
  return new Show(options, await preparedLook(options));
}

/**
 * The look that a show needs, once the fonts for its text are there too.
 * @param {ShowOptions} options
 */
export async function preparedLook({settings, title = '', artist = ''}) {
  await loadFonts(`${title} ${artist}`);
  return lookNamed(settings.look);
}

/** @typedef {{dispose: () => void}} Disposable */

/** Draws frame after frame, in any order; every frame is a function of its index alone. */
export class Show {
  // What `change` makes.
  /** @type {any} */
  settings;
  fps = 30;
  sound = /** @type {FrameSound} */ (/** @type {unknown} */ (null));
  compositor = /** @type {Compositor} */ (/** @type {unknown} */ (null));
  look = /** @type {import('./contract.js').LookInstance} */ (/** @type {unknown} */ (null));
  /** @type {Plate | null} */
  words = null;
  /** @type {Plate | null} */
  mark = null;

  /**
   * @param {ShowOptions} options `preparedLook` makes sure of the fonts
   * @param {import('./contract.js').CreateLook} createLook
   */
  constructor(options, createLook) {
    prepareRenderer(options.renderer);
    this.renderer = options.renderer;
    this.air = emptyAir();
    /** What each part was made from. @type {Map<string, {from: unknown[], part: any}>} */
    this.parts = new Map();
    /** Parts that others have replaced. @type {Disposable[]} */
    this.retired = [];
    this.change(options, createLook);
  }

  /**
   * Show something else on the same renderer; what it has in common with what was shown is not made again.
   * @param {ShowOptions} options `preparedLook` makes sure of the fonts
   * @param {import('./contract.js').CreateLook} createLook
   */
  change({settings, track, cover = null, image = null, title = '', artist = '', watermark = false}, createLook) {
    const {renderer} = this;
    const {output: {width, height, fps}, background, params, seed, finish} = settings;
    const layout = layoutFor(width, height, Boolean(title || artist));
    this.settings = settings;
    this.fps = fps;
    this.sound = this.#part('sound', [track], () => new FrameSound(track));
    const behind = background.type !== 'image' ? null : background.image === 'cover' ? cover : image;
    const coverMap = this.#part('cover', [cover], () => cover && coverTexture(cover));
    const backMap = this.#part('background', [behind, behind === cover], () => behind && backgroundTexture(behind, behind === cover));
    const [transparent, fringe] = [background.type === 'transparent', finish.aberration > 0];
    this.compositor = this.#part('compositor', [width, height, transparent, backMap, fringe],
      () => new Compositor(renderer, width, height, {transparent, image: backMap, fringe}));
    this.words = this.#part('words', [title, artist, width, height], () => plate(textPlate(title, artist, width, height, layout.shape), width, height));
    this.mark = this.#part('mark', [watermark, width, height], () => plate(watermark ? watermarkPlate(width, height, layout.shape) : null, width, height));
    const palette = this.#part('palette', [cover], () => cover && paletteOf(smallPixels(cover)));
    this.look = this.#part('look', [createLook, this.compositor, JSON.stringify([params, background, seed, layout.hasText]), track, coverMap, title, artist],
      () => createLook({
        renderer, target: this.compositor.scene, width, height, layout, params, background, seed, track,
        cover: coverMap, coverPalette: palette, title, artist,
      }));
  }

  /**
   * @template T
   * @param {string} name
   * @param {unknown[]} from all that it is made from
   * @param {() => T} make
   * @returns {T}
   */
  #part(name, from, make) {
    const kept = this.parts.get(name);
    if (kept && kept.from.every((value, i) => value === from[i])) return kept.part;
    const part = make();
    if (kept?.part?.dispose) this.retired.push(kept.part);
    this.parts.set(name, {from, part});
    return part;
  }

  /**
   * Draw everything of one frame but the final pass; follow with `compositor.toNv12`, `toRgba` or `toCanvas`.
   * @param {number} frame index from the start of the song
   */
  draw(frame) {
    this.drawScene(frame);
    this.compositor.drawGlow();
    this.drawPlates();
    // Only now: what has just been drawn may have taken over their shaders, which would have to be compiled again.
    this.retired.splice(0).forEach((part) => part.dispose());
  }

  /** @param {number} frame */
  drawScene(frame) {
    this.sound.at(frame, this.fps);
    resetAir(this.air, this.settings);
    this.look.draw(this.sound, this.air);
    this.compositor.setAir(this.air);
  }

  /** Text comes in with the first bars and leaves before the end; the watermark stays. */
  drawPlates() {
    if (!this.words && !this.mark) return;
    this.renderer.setRenderTarget(this.compositor.scene);
    const {t, track} = this.sound;
    const {start_s: start, duration_s: duration} = this.settings.range;
    const end = Math.min(track.durationS, duration === null ? Infinity : start + duration);
    const {entered, left} = textPresence(t, start, end);
    this.words?.draw(this.renderer, entered * left, (1 - entered) * this.compositor.height * .012);
    this.mark?.draw(this.renderer, 1);
  }

  dispose() {
    const parts = Array.from(this.parts.values(), ({part}) => part);
    for (const part of [...this.retired, ...parts.reverse()]) part?.dispose?.();
  }
}

/**
 * @param {import('./text.js').TextPlate | null} drawn
 * @param {number} width
 * @param {number} height
 */
function plate(drawn, width, height) {
  return drawn && new Plate(drawn, width, height);
}

/**
 * Looks write display-encoded colours themselves: three must not convert, clear or sort behind their back.
 * @param {import('three').WebGLRenderer} renderer
 */
function prepareRenderer(renderer) {
  ColorManagement.enabled = false;
  renderer.outputColorSpace = LinearSRGBColorSpace;
  renderer.autoClear = false;
  renderer.setClearColor(new Color(0), 0);
}

/**
 * @param {import('./contract.js').Air} air
 * @param {any} settings
 */
function resetAir(air, {background, finish}) {
  Object.assign(air, {horizon: .5, softness: .5, hazeX: .5, hazeY: .5, hazeRadius: .4, hazeStrength: 0, exposure: 1});
  const [top, bottom] = background.colors ?? [background.color ?? '#000000', background.color ?? '#000000'];
  air.top.set(top);
  air.bottom.set(bottom);
  air.haze.set(0);
  Object.assign(air, {imageX: 0, imageY: 0, imageZoom: 1, imageDim: .5});
  Object.assign(air, finish);
}
