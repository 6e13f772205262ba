// The glow: bright parts of the scene, spread over three octaves from an eighth of its size.
import {ClampToEdgeWrapping, LinearFilter, RGBAFormat, UnsignedByteType, WebGLRenderTarget} from 'three';
import {FullscreenPass} from './fullscreen.js';

/**
 * @param {number} width
 * @param {number} height
 */
function glowTarget(width, height) {
  const target = new WebGLRenderTarget(Math.max(1, width), Math.max(1, height), {
    depthBuffer: false, format: RGBAFormat, type: UnsignedByteType,
    minFilter: LinearFilter, magFilter: LinearFilter, wrapS: ClampToEdgeWrapping, wrapT: ClampToEdgeWrapping,
  });
  target.texture.generateMipmaps = false;
  return target;
}

// Eight linear fetches, each the mean of 2x2 pixels, spread over 12x12: every column and every row is seen, so no line
// can slip between the taps and flicker (a dot of a pixel may be missed), and the ring overlaps the neighbours'. Weighting
// each half by its own brightness keeps dim surfaces out without the hard edge of a threshold, and small lights in.
const EXTRACT = `uniform sampler2D map; uniform vec2 texel;
vec3 at(vec2 offset) {
  return textureLod(map, uv + texel * offset, 0.).rgb;
}
vec3 bright(vec3 c) {
  return c * smoothstep(.12, .85, max(c.r, max(c.g, c.b)));
}
void main() {
  vec3 near = at(vec2(-2., -2.)) + at(vec2(2., -2.)) + at(vec2(-2., 2.)) + at(vec2(2., 2.));
  vec3 far = at(vec2(-5., 1.)) + at(vec2(1., 5.)) + at(vec2(5., -1.)) + at(vec2(-1., -5.));
  o = vec4(.5 * (bright(near * .25) + bright(far * .25)), 1.);
}`;

const DOWN = `uniform sampler2D map; uniform vec2 texel;
void main() {
  o = .25 * (textureLod(map, uv + texel * vec2(-1., -1.), 0.) + textureLod(map, uv + texel * vec2(1., -1.), 0.)
           + textureLod(map, uv + texel * vec2(-1., 1.), 0.) + textureLod(map, uv + texel * vec2(1., 1.), 0.));
}`;

// A tent of the smaller level added to the larger one.
const UP = `uniform sampler2D map, fine; uniform vec2 texel; uniform float keep, spread;
void main() {
  vec4 wide = .25 * (textureLod(map, uv + texel * vec2(-.5, -.5), 0.) + textureLod(map, uv + texel * vec2(.5, -.5), 0.)
                   + textureLod(map, uv + texel * vec2(-.5, .5), 0.) + textureLod(map, uv + texel * vec2(.5, .5), 0.));
  o = textureLod(fine, uv, 0.) * keep + wide * spread;
}`;

/** Glow of a scene texture; `texture` holds the result at an eighth of the scene's size. */
export class Glow {
  /**
   * @param {import('three').Texture} scene linear-filtered
   * @param {number} width of the scene, pixels
   * @param {number} height of the scene, pixels
   */
  constructor(scene, width, height) {
    this.levels = [8, 16, 32].map((n) => glowTarget(Math.ceil(width / n), Math.ceil(height / n)));
    this.sums = [8, 16].map((n) => glowTarget(Math.ceil(width / n), Math.ceil(height / n)));
    this.extract = new FullscreenPass(EXTRACT, {map: {value: scene}, texel: {value: [1 / width, 1 / height]}});
    this.downs = [0, 1].map((i) => {
      const {width: w, height: h} = this.levels[i];
      return new FullscreenPass(DOWN, {map: {value: this.levels[i].texture}, texel: {value: [1 / w, 1 / h]}});
    });
    this.ups = [0, 1].map((i) => {
      const coarse = i === 1 ? this.levels[2] : this.sums[i + 1];
      return new FullscreenPass(UP, {
        map: {value: coarse.texture}, fine: {value: this.levels[i].texture},
        texel: {value: [1 / coarse.width, 1 / coarse.height]}, keep: {value: [.8, .5][i]}, spread: {value: [.8, 1][i]},
      });
    });
  }

  get texture() {
    return this.sums[0].texture;
  }

  /** @param {import('three').WebGLRenderer} renderer */
  draw(renderer) {
    this.extract.draw(renderer, this.levels[0]);
    this.downs.forEach((pass, i) => pass.draw(renderer, this.levels[i + 1]));
    for (const i of [1, 0]) this.ups[i].draw(renderer, this.sums[i]);
  }

  dispose() {
    for (const thing of [...this.levels, ...this.sums, this.extract, ...this.downs, ...this.ups]) thing.dispose();
  }
}
