// A look at work on one song: what the preview's canvas and the render's frames both draw.
import {Color, ColorManagement, LinearSRGBColorSpace} from 'three';
import {FrameSound} from '../../sound/sound.js';
import {Compositor, emptyAir} from './compositor.js';
import {layoutFor} from './layout.js';
import {loadFonts} from './fonts.js';
import {Plate} from './overlay.js';
import {paletteOf} from './palette.js';
import {backgroundTexture, coverTexture, smallPixels} from './pictures.js';
import {lookNamed} from './registry.js';
import {textPlate, watermarkPlate} from './text.js';

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

const ENTER_S = .6;
const LEAVE_S = 1.6;

/**
 * A show whose fonts and pictures are ready: what is drawn first is what is drawn later.
 * @param {ShowOptions} options
 */
export async function openShow(options) {
  await loadFonts(`${options.title ?? ''} ${options.artist ?? ''}`);
  return new Show(options, await lookNamed(options.settings.look));
}

/** Draws frame after frame, in any order; every frame is a function of its index alone. */
export class Show {
  /**
   * @param {ShowOptions} options `openShow` makes sure of the fonts
   * @param {import('./contract.js').CreateLook} createLook
   */
  constructor({renderer, settings, track, cover = null, image = null, title = '', artist = '', watermark = false}, createLook) {
    prepareRenderer(renderer);
    const {width, height, fps} = settings.output;
    const layout = layoutFor(width, height, Boolean(title || artist));
    this.renderer = renderer;
    this.settings = settings;
    this.fps = fps;
    this.sound = new FrameSound(track);
    this.air = emptyAir();
    this.textures = texturesOf(settings, cover, image);
    this.compositor = new Compositor(renderer, width, height, {
      transparent: settings.background.type === 'transparent',
      image: this.textures.background,
      fringe: settings.finish.aberration > 0,
    });
    const words = textPlate(title, artist, width, height, layout.shape);
    this.words = words && new Plate(words, width, height);
    this.mark = watermark ? new Plate(watermarkPlate(width, height, layout.shape), width, height) : null;
    this.look = createLook({
      renderer, target: this.compositor.scene, width, height, layout, params: settings.params, background: settings.background,
      seed: settings.seed, track,
      cover: this.textures.cover, coverPalette: cover && paletteOf(smallPixels(cover)), title, artist,
    });
  }

  /**
   * Draw everything of one frame but the final pass; follow with `compositor.toNv12`, `toRgba` or `toCanvas`.
   * @param {number} frame index from the start of the song
   */
  draw(frame) {
    this.drawScene(frame);
    this.compositor.drawGlow();
    this.drawPlates();
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
    const entered = ease((t - start - .35) / ENTER_S);
    const left = ease((end - .2 - t) / LEAVE_S);
    this.words?.draw(this.renderer, entered * left, (1 - entered) * this.compositor.height * .012);
    this.mark?.draw(this.renderer, 1);
  }

  dispose() {
    const {cover, background} = this.textures;
    for (const thing of [this.look, this.compositor, this.words, this.mark, cover, background]) thing?.dispose();
  }
}

/** @param {number} x */
function ease(x) {
  const v = Math.min(1, Math.max(0, x));
  return v * v * (3 - 2 * v);
}

/**
 * @param {any} settings
 * @param {ImageBitmap | null} cover
 * @param {ImageBitmap | null} image
 */
function texturesOf({background}, cover, image) {
  const behind = background.type !== 'image' ? null : background.image === 'cover' ? cover : image;
  return {
    cover: cover && coverTexture(cover),
    background: behind && backgroundTexture(behind, background.image === 'cover'),
  };
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
