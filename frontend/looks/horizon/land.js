// The land as two meshes: its dark body, which hides what lies behind, and the lines drawn over it.
import {
  Camera, Color, CustomBlending, GLSL3, Mesh, NoBlending, OneFactor, OneMinusSrcAlphaFactor, Points, RawShaderMaterial, Scene,
  Vector3, Vector4,
} from 'three';
import {BODY_FRAGMENT, BODY_VERTEX, LINE_FRAGMENT, LINE_VERTEX} from './land.glsl.js';
import {curtainGeometry, facetGeometry, geometryOf, lineGeometry} from './mesh.js';
import {SPARK_FRAGMENT, SPARK_VERTEX} from './sparks.glsl.js';

/**
 * @typedef {object} LandOptions
 * @property {number} columns
 * @property {import('./mesh.js').RowPlan[]} plan
 * @property {boolean} facets
 * @property {boolean} tunnel
 * @property {number} every a line along the way at each so many columns; 0 = none
 */

const SPARKS = 7;

/** Uniforms that body and lines share. */
export function landUniforms() {
  return {
    rows: {value: /** @type {import('three').Texture | null} */ (null)},
    camera: {value: new Vector4()}, lay: {value: new Vector4()}, frame: {value: new Vector4()}, rise: {value: new Vector4()},
    outer: {value: 1}, fogShape: {value: new Vector4()}, sunShape: {value: new Vector4()},
    bodyNear: {value: new Color()}, bodyFar: {value: new Color()}, sheen: {value: new Color()}, wave: {value: 0},
    sunWay: {value: new Vector3(0, 1, 0)}, facetLight: {value: new Color()}, facetShade: {value: new Color()},
    lineColor: {value: new Color()}, highColor: {value: new Color()}, sunColor: {value: new Color()},
    parity: {value: 0}, glint: {value: new Vector4()}, pen: {value: new Vector4()}, shine: {value: new Vector4()},
  };
}

export class Land {
  /** @param {LandOptions} options */
  constructor({columns, plan, facets, tunnel, every}) {
    this.uniforms = landUniforms();
    const defines = {...(facets && {FACETS: ''}), ...(tunnel && {TUNNEL: ''})};
    const paint = (/** @type {string} */ vertex, /** @type {string} */ fragment) => material(vertex, fragment, this.uniforms, defines);
    const shape = facets ? facetGeometry(plan, columns) : curtainGeometry(plan);
    this.body = new Mesh(shape, paint(BODY_VERTEX, BODY_FRAGMENT));
    this.body.material.blending = NoBlending;
    this.body.material.depthWrite = true;
    this.lines = new Mesh(lineGeometry(plan, columns, every, facets), paint(LINE_VERTEX, LINE_FRAGMENT));
    this.bodyScene = sceneOf(this.body);
    this.sparks = new Points(geometryOf('position', seats(plan.length), 2), paint(SPARK_VERTEX, SPARK_FRAGMENT));
    this.lineScene = sceneOf(this.lines, this.sparks);
    for (const {material: used} of [this.lines, this.sparks]) used.depthTest = !tunnel;
    this.view = new Camera();
  }

  /** @param {import('three').WebGLRenderer} renderer */
  drawBody(renderer) {
    renderer.render(this.bodyScene, this.view);
  }

  /** @param {import('three').WebGLRenderer} renderer */
  drawLines(renderer) {
    renderer.render(this.lineScene, this.view);
  }

  dispose() {
    for (const {geometry, material: used} of [this.body, this.lines, this.sparks]) {
      geometry.dispose();
      used.dispose();
    }
  }
}

/** @param {(Mesh | Points)[]} things in the order of drawing */
function sceneOf(...things) {
  const scene = new Scene();
  things.forEach((thing, i) => {
    thing.frustumCulled = false;
    thing.renderOrder = i;
    scene.add(thing);
  });
  return scene;
}

/**
 * Row and number of each spark; none far away, where they would be a pixel of noise.
 * @param {number} count rows
 */
function seats(count) {
  const last = Math.floor(count * .7);
  return Float32Array.from({length: last * SPARKS * 2}, (_, i) => (i % 2 ? (i >> 1) % SPARKS : 1 + Math.floor((i >> 1) / SPARKS)));
}

/**
 * @param {string} vertex
 * @param {string} fragment
 * @param {Record<string, import('three').IUniform>} uniforms
 * @param {Record<string, any>} defines
 */
export function material(vertex, fragment, uniforms, defines = {}) {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: `precision highp float;\nprecision highp int;\n${vertex}`,
    fragmentShader: `precision highp float;\n${fragment}`,
    uniforms, defines, depthWrite: false, transparent: false,
    blending: CustomBlending, blendSrc: OneFactor, blendDst: OneMinusSrcAlphaFactor, premultipliedAlpha: true,
    side: 2,
  });
}
