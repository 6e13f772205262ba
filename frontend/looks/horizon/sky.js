// The sun or moon and the stars: small shapes laid under what the land has already covered.
import {BufferAttribute, Camera, Color, Mesh, OneFactor, OneMinusDstAlphaFactor, Points, Scene, Vector4} from 'three';
import {randomStream} from '../core/random.js';
import {material} from './land.js';
import {geometryOf} from './mesh.js';
import {AURORA_FRAGMENT, AURORA_VERTEX} from './aurora.glsl.js';
import {STAR_FRAGMENT, STAR_VERTEX, SUN_FRAGMENT, SUN_VERTEX} from './sky.glsl.js';

const REACH = 1.28;

export class Sky {
  /**
   * @param {'sun' | 'slats' | 'eclipse' | 'moon' | 'none'} kind
   * @param {number} stars how many
   * @param {number} seed
   */
  constructor(kind, stars, seed) {
    this.uniforms = {
      frame: {value: new Vector4()}, disc: {value: new Vector4()}, reach: {value: kind === 'eclipse' ? REACH : 1.02},
      upper: {value: new Color()}, lower: {value: new Color()}, dark: {value: new Color()},
      ribbon: {value: new Vector4()}, low: {value: new Color()}, high: {value: new Color()}, voices: {value: new Float32Array(8)},
      shape: {value: new Vector4()}, live: {value: new Vector4()}, night: {value: new Vector4()},
    };
    this.sun = new Mesh(squareGeometry(), under(SUN_VERTEX, SUN_FRAGMENT, this.uniforms, {[kind.toUpperCase()]: ''}));
    this.stars = new Points(starGeometry(stars, seed), under(STAR_VERTEX, STAR_FRAGMENT, this.uniforms));
    this.aurora = new Mesh(ribbonGeometry(), under(AURORA_VERTEX, AURORA_FRAGMENT, this.uniforms));
    this.scene = new Scene();
    for (const thing of [this.sun, this.stars, this.aurora]) {
      thing.frustumCulled = false;
      this.scene.add(thing);
    }
    this.sun.renderOrder = 1;
    this.stars.renderOrder = 2;
    this.sun.visible = kind !== 'none';
    this.view = new Camera();
  }

  /** @param {import('three').WebGLRenderer} renderer */
  draw(renderer) {
    this.aurora.visible = this.uniforms.ribbon.value.y > .01;
    this.stars.visible = this.uniforms.night.value.x > .01;
    renderer.render(this.scene, this.view);
  }

  dispose() {
    for (const {geometry, material: paint} of [this.sun, this.stars, this.aurora]) {
      geometry.dispose();
      paint.dispose();
    }
  }
}

/**
 * Drawn after the land and yet behind it: only where the land has left the frame uncovered, by as much as it has. That
 * gives the mist for nothing, and no pixel of sky behind a ridge is mixed.
 * @param {string} vertex
 * @param {string} fragment
 * @param {Record<string, import('three').IUniform>} uniforms
 * @param {Record<string, string>} [defines]
 */
function under(vertex, fragment, uniforms, defines = {}) {
  const made = material(vertex, fragment, uniforms, defines);
  made.blendSrc = OneMinusDstAlphaFactor;
  made.blendDst = OneFactor;
  made.depthTest = false;
  return made;
}

/** Fine enough along to carry the rays in its corners alone. */
function ribbonGeometry() {
  const [along, up] = [141, 6];
  /** @type {number[]} */
  const folds = [];
  /** @type {number[]} */
  const index = [];
  for (let i = 0; i < along * up; i++) {
    const [x, y] = [Math.floor(i / up), i % up];
    folds.push((x / (along - 1)) * 2 - 1, (y / (up - 1)) ** 1.5);
    if (x < along - 1 && y < up - 1) index.push(i, i + up, i + 1, i + 1, i + up, i + up + 1);
  }
  return geometryOf('fold', new Float32Array(folds), 2, index);
}

function squareGeometry() {
  return geometryOf('corner', new Float32Array([-1, -1, 1, -1, 1, 1, -1, 1]), 2, [0, 1, 2, 0, 2, 3]);
}

/**
 * @param {number} count
 * @param {number} seed
 */
function starGeometry(count, seed) {
  const random = randomStream(seed * 31 + 5);
  const stars = new Float32Array(count * 4);
  const warmth = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    // Squared: many small ones and a few that one remembers.
    stars.set([random() * 2 - 1, random() * 1.1 - .1, 1 + 2.6 * random() ** 3, random()], i * 4);
    warmth[i] = random();
  }
  const geometry = geometryOf('position', stars, 4);
  geometry.setAttribute('warmth', new BufferAttribute(warmth, 1));
  return geometry;
}
