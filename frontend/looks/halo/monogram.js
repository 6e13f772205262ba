// The title's initial as an emblem, drawn once in a light hand at the size that it has on the screen.
import {CanvasTexture, LinearFilter, Mesh, PlaneGeometry, Sphere, Vector4} from 'three';
import {capitals, familiesFor} from '../core/scripts.js';
import {inkMaterial} from './ink.js';

const VERTEX = `
in vec3 position; in vec2 uv;
uniform vec4 place;   // half width, opacity
out vec2 p; out float fade;
void main() {
  p = uv;
  fade = place.y;
  gl_Position = toClip(vec3((position.xy * 2. * place.x + frame.xy) * unit, .001));
}`;

const FRAGMENT = `
in vec2 p; in float fade;
uniform sampler2D letter; uniform vec3 upper, lower;
void main() {
  float cover = texture(letter, p).a * fade;
  o = vec4(mix(lower, upper, smoothstep(.15, .85, p.y)) * cover, cover);
}`;

/**
 * The first letter or digit of a title, as one grapheme; empty when it has none.
 * @param {string} title
 */
export function initialOf(title) {
  const letters = Array.from(new Intl.Segmenter().segment(title), ({segment}) => segment);
  return capitals(letters.find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? '');
}

/**
 * @param {string} letter
 * @param {number} size pixels, both sides
 */
function letterTexture(letter, size) {
  const canvas = new OffscreenCanvas(size, size);
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  ink.font = `250 ${size * .86}px ${familiesFor(letter)}`;
  ink.fillStyle = '#fff';
  const box = ink.measureText(letter);
  const wide = box.actualBoundingBoxLeft + box.actualBoundingBoxRight;
  const scale = Math.min(1, size * .94 / Math.max(1, wide));
  ink.setTransform(scale, 0, 0, scale, size / 2, size / 2);
  // By its own outline, not by its advance: a letter in a circle must hang in the optical middle.
  const x = (box.actualBoundingBoxLeft - box.actualBoundingBoxRight) / 2;
  ink.fillText(letter, x, (box.actualBoundingBoxAscent - box.actualBoundingBoxDescent) / 2);
  const texture = new CanvasTexture(canvas);
  texture.generateMipmaps = false;
  texture.minFilter = LinearFilter;
  return texture;
}

export class Monogram {
  /**
   * @param {import('./ink.js').Uniforms} shared
   * @param {string} letter
   * @param {number} size pixels
   * @param {import('./colours.js').Colours} colours
   */
  constructor(shared, letter, size, {light, treble}) {
    this.texture = letterTexture(letter, Math.max(16, Math.round(size)));
    this.geometry = new PlaneGeometry(1, 1);
    this.geometry.boundingSphere = new Sphere();
    this.place = new Vector4();
    this.material = inkMaterial(VERTEX, FRAGMENT, {
      ...shared, place: {value: this.place}, letter: {value: this.texture}, upper: {value: light}, lower: {value: treble},
    });
    this.mesh = new Mesh(this.geometry, this.material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 1;
  }

  dispose() {
    this.texture.dispose();
    this.geometry.dispose();
    this.material.dispose();
  }
}
