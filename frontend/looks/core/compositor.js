// From the scene that a look has drawn to the finished picture: glow, then one final pass per kind of output.
import {
  ClampToEdgeWrapping, Color, LinearFilter, NearestFilter, RGBAFormat, UnsignedByteType, Vector2, Vector3, Vector4, WebGLRenderTarget,
} from 'three';
import {TO_NV12, TO_RGB} from './finish.glsl.js';
import {FullscreenPass} from './fullscreen.js';
import {Glow} from './glow.js';

/** @typedef {import('./contract.js').Air} Air */

/** @returns {Air} */
export function emptyAir() {
  return {
    top: new Color(0), bottom: new Color(0), horizon: .5, softness: .5,
    haze: new Color(0), hazeX: .5, hazeY: .5, hazeRadius: .4, hazeStrength: 0,
    glow: 1, vignette: .35, grain: 0, aberration: 0, exposure: 1,
    imageX: 0, imageY: 0, imageZoom: 1, imageDim: .5,
  };
}

/**
 * A colour target without mipmaps.
 * @param {number} width
 * @param {number} height
 * @param {boolean} depth
 * @returns {WebGLRenderTarget}
 */
export function colourTarget(width, height, depth) {
  const target = new WebGLRenderTarget(width, height, {
    depthBuffer: depth, format: RGBAFormat, type: UnsignedByteType,
    minFilter: LinearFilter, magFilter: LinearFilter, wrapS: ClampToEdgeWrapping, wrapT: ClampToEdgeWrapping,
  });
  target.texture.generateMipmaps = false;
  return target;
}

/** Owns the scene target and everything behind it. */
export class Compositor {
  /**
   * @param {import('three').WebGLRenderer} renderer
   * @param {number} width pixels, even
   * @param {number} height pixels, even
   * @param {{transparent?: boolean, image?: import('three').Texture | null, fringe?: boolean}} [options]
   */
  constructor(renderer, width, height, {transparent = false, image = null, fringe = false} = {}) {
    this.renderer = renderer;
    this.width = width;
    this.height = height;
    this.image = image;
    this.scene = colourTarget(width, height, true);
    this.glow = new Glow(this.scene.texture, width, height);
    const defines = {IMAGE: image, TRANSPARENT: transparent, FRINGE: fringe};
    this.defines = Object.fromEntries(Object.entries(defines).filter(([, on]) => on).map(([name]) => [name, '']));
    this.uniforms = finishUniforms(this);
    this.rgb = new FullscreenPass(TO_RGB, this.uniforms, this.defines);
    this.rgba = new FullscreenPass(TO_RGB, this.uniforms, {...this.defines, TOP_FIRST: ''});
    this.nv12 = new FullscreenPass(TO_NV12, this.uniforms, this.defines);
  }

  /**
   * Take the values of one frame's air into the final passes.
   * @param {Air} air
   */
  setAir(air) {
    const u = this.uniforms;
    toYuv(air.top, u.airTop.value);
    toYuv(air.bottom, u.airBottom.value);
    u.horizon.value.set(air.horizon, 1 / Math.max(.001, 2 * air.softness));
    toYuv(air.haze, u.hazeColor.value).multiplyScalar(air.hazeStrength);
    u.hazeShape.value.set(air.hazeX, air.hazeY, 1 / Math.max(.01, air.hazeRadius));
    u.glow.value = air.glow;
    u.vignette.value = air.vignette;
    u.grain.value = air.grain * 8;
    u.aberration.value = air.aberration * .012;
    u.exposure.value = air.exposure;
    u.imageDim.value = air.imageDim;
    if (this.image) u.imageShape.value.copy(coverFit(this.image, this.width / this.height, air));
  }

  /** Spread the scene's light; call it after the look and before anything that must not glow (text). */
  drawGlow() {
    this.glow.draw(this.renderer);
  }

  /** Draw into the canvas, where row 0 is the lower edge. */
  toCanvas() {
    this.rgb.draw(this.renderer, null);
  }

  /**
   * Draw for reading back, row 0 being the upper edge.
   * @param {WebGLRenderTarget} target
   */
  toRgba(target) {
    this.rgba.draw(this.renderer, target);
  }

  /** @param {WebGLRenderTarget} target made by `nv12Target` */
  toNv12(target) {
    this.nv12.draw(this.renderer, target);
  }

  dispose() {
    for (const thing of [this.scene, this.glow, this.rgb, this.rgba, this.nv12]) thing.dispose();
  }
}

/**
 * Where NV12 is written: every fourth row of luma in each of four textures, every second one of chroma in two.
 * @param {number} width visible pixels
 * @param {number} height visible pixels
 */
export function nv12Target(width, height) {
  return new WebGLRenderTarget(Math.ceil(width / 4), Math.ceil(height / 4), {
    count: 6, depthBuffer: false, format: RGBAFormat, type: UnsignedByteType, generateMipmaps: false,
    minFilter: NearestFilter, magFilter: NearestFilter,
  });
}

/**
 * A display-encoded colour as luma and chroma, BT.709.
 * @param {Color} color
 * @param {Vector3} out
 */
function toYuv({r, g, b}, out) {
  const y = .2126 * r + .7152 * g + .0722 * b;
  return out.set(y, (b - y) / 1.8556, (r - y) / 1.5748);
}

/** @param {Compositor} compositor */
function finishUniforms(compositor) {
  return {
    scene: {value: compositor.scene.texture},
    glowMap: {value: compositor.glow.texture},
    imageMap: {value: compositor.image},
    size: {value: new Vector2(compositor.width, compositor.height)},
    airTop: {value: new Vector3()},
    airBottom: {value: new Vector3()},
    hazeColor: {value: new Vector3()},
    hazeShape: {value: new Vector3()},
    imageShape: {value: new Vector4()},
    horizon: {value: new Vector2()},
    glow: {value: 1},
    vignette: {value: 0},
    grain: {value: 0},
    aberration: {value: 0},
    exposure: {value: 1},
    imageDim: {value: 1},
  };
}

const fit = new Vector4();

/**
 * Scale and shift that make an image cover the frame (CSS `object-fit: cover`).
 * @param {import('three').Texture} image
 * @param {number} aspect of the frame
 * @param {Air} air
 */
function coverFit(image, aspect, air) {
  const {width, height} = /** @type {{width: number, height: number}} */ (image.image);
  const ratio = aspect / (width / height);
  const x = Math.min(1, ratio) / air.imageZoom;
  const y = Math.min(1, 1 / ratio) / air.imageZoom;
  return fit.set(air.imageX, air.imageY, x, y);
}
