// The land as two meshes: its dark body, which hides what lies behind, and the lines drawn over it.
import {
  BufferAttribute, BufferGeometry, Camera, Color, CustomBlending, GLSL3, Mesh, NoBlending, OneFactor, OneMinusSrcAlphaFactor,
  RawShaderMaterial, Scene, Sphere, Vector3, Vector4,
} from 'three';
import {BODY_FRAGMENT, BODY_VERTEX, LINE_FRAGMENT, LINE_VERTEX} from './land.glsl.js';

/**
 * @typedef {object} LandOptions
 * @property {number} columns
 * @property {number} count rows, with the slope in front
 * @property {boolean} facets
 * @property {boolean} tunnel
 * @property {number} every a line along the way at each so many columns; 0 = none
 */

/** Uniforms that body and lines share. */
export function landUniforms() {
  return {
    rows: {value: /** @type {import('three').Texture | null} */ (null)},
    camera: {value: new Vector4()}, lay: {value: new Vector4()}, frame: {value: new Vector4()}, rise: {value: new Vector4()},
    outer: {value: 1}, fogShape: {value: new Vector4()}, sunShape: {value: new Vector4()},
    bodyNear: {value: new Color()}, bodyFar: {value: new Color()}, sheen: {value: new Color()}, wave: {value: 0},
    sunWay: {value: new Vector3(0, 1, 0)}, facetLight: {value: new Color()}, facetShade: {value: new Color()},
    lineColor: {value: new Color()}, highColor: {value: new Color()}, sunColor: {value: new Color()},
    lineDark: {value: new Color()}, pen: {value: new Vector4()}, shine: {value: new Vector4()},
  };
}

export class Land {
  /** @param {LandOptions} options */
  constructor({columns, count, facets, tunnel, every}) {
    this.uniforms = landUniforms();
    const defines = {...(facets && {FACETS: ''}), ...(tunnel && {TUNNEL: ''})};
    this.body = new Mesh(bodyGeometry(columns, count), material(BODY_VERTEX, BODY_FRAGMENT, this.uniforms, defines));
    this.body.material.blending = NoBlending;
    this.body.material.depthWrite = true;
    this.lines = new Mesh(lineGeometry(columns, count, every), material(LINE_VERTEX, LINE_FRAGMENT, this.uniforms, defines));
    this.bodyScene = sceneOf(this.body);
    this.lineScene = sceneOf(this.lines);
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
    for (const {geometry, material: paint} of [this.body, this.lines]) {
      geometry.dispose();
      paint.dispose();
    }
  }
}

/** @param {Mesh} mesh */
function sceneOf(mesh) {
  mesh.frustumCulled = false;
  const scene = new Scene();
  scene.add(mesh);
  return scene;
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

/**
 * Cells between the rows, nearest first, so that the depth test turns away what they hide.
 * @param {number} columns
 * @param {number} count
 */
function bodyGeometry(columns, count) {
  const cells = new Float32Array(columns * count * 2);
  for (let i = 0; i < columns * count; i++) cells.set([i % columns, Math.floor(i / columns)], i * 2);
  const index = [];
  for (let row = 0; row < count - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const [a, b] = [row * columns + column, (row + 1) * columns + column];
      // The diagonal changes sides in the middle: facets lean the same way on both slopes.
      if ((row + column) % 2) index.push(a, a + 1, b, a + 1, b + 1, b);
      else index.push(a, a + 1, b + 1, a, b + 1, b);
    }
  }
  return geometryOf('cell', cells, 2, index);
}

/**
 * A ribbon along each row, farthest first, and along every so many columns.
 * @param {number} columns
 * @param {number} count
 * @param {number} every
 */
function lineGeometry(columns, count, every) {
  /** @type {number[]} */
  const knots = [];
  /** @type {number[]} */
  const index = [];
  const ribbon = (/** @type {number[][]} */ points, /** @type {number} */ direction) => {
    points.forEach(([column, row], i) => {
      const first = knots.length / 4;
      knots.push(column, row, -1, direction, column, row, 1, direction);
      if (i > 0) index.push(first - 2, first - 1, first, first - 1, first + 1, first);
    });
  };
  const ways = every ? Array.from({length: Math.floor((columns - 1) / every) + 1}, (_, i) => i * every) : [];
  for (const column of ways) ribbon(Array.from({length: count - 1}, (_, i) => [column, count - 1 - i]), 1);
  for (let row = count - 1; row >= 1; row--) ribbon(Array.from({length: columns}, (_, column) => [column, row]), 0);
  return geometryOf('knot', new Float32Array(knots), 4, index);
}

/**
 * @param {string} name
 * @param {Float32Array} values
 * @param {number} size
 * @param {number[]} index
 */
function geometryOf(name, values, size, index) {
  const geometry = new BufferGeometry();
  geometry.setAttribute(name, new BufferAttribute(values, size));
  geometry.setIndex(index);
  // Without an attribute called position three cannot work out a sphere.
  geometry.boundingSphere = new Sphere();
  return geometry;
}
