// A smooth body on the stage: one mesh, moved along its normals in the vertex shader.
import {
  AddEquation, BufferAttribute, BufferGeometry, Camera, Color, CustomBlending, DoubleSide, GLSL3, Matrix3, Mesh,
  OneFactor, OneMinusSrcAlphaFactor, RawShaderMaterial, Sphere, Vector3,
} from 'three';
import {SURFACE_FRAGMENT, SURFACE_VERTEX} from './surface.glsl.js';

/** @typedef {import('../motion.js').Cues} Cues */

const camera = new Camera();
const BANDS = 10;

export class Surface {
  /**
   * @param {import('../shapes/registry.js').Shape} shape
   * @param {import('../gem/gem.js').BodyOptions} options
   */
  constructor(shape, {finish, ramp, uniforms}) {
    const parts = /** @type {() => import('../shapes/grid.js').SurfaceMesh} */ (shape.surface)();
    this.shell = Boolean(shape.shell && finish.clear > 0);
    /** Whether parts hide others by depth: a shell shows all of itself. */
    this.hides = !this.shell;
    this.engraved = shape.engraved ?? 1;
    // Two ways through the same points: all of them for the body, a quarter for its picture on the floor.
    const attributes = /** @type {const} */ ([['position', 3], ['normal', 3], ['line', 1], ['tone', 1]])
      .map(([name, size]) => /** @type {const} */ ([name, new BufferAttribute(parts[name], size)]));
    this.geometries = [parts.index, parts.coarse].map((index) => {
      const geometry = new BufferGeometry();
      for (const [name, attribute] of attributes) geometry.setAttribute(name, attribute);
      geometry.setIndex(new BufferAttribute(index, 1));
      geometry.boundingSphere = new Sphere();
      return geometry;
    });
    this.bands = new Float32Array(BANDS);
    /** @type {Color} */
    this.hot = uniforms.hot.value;
    this.uniforms = {...uniforms, ...this.own(finish, ramp)};
    const defines = {SHELL: this.shell, GLASS: finish.clear > 0, SPECTRUM: shape.spectrum};
    this.material = new RawShaderMaterial({
      glslVersion: GLSL3, vertexShader: SURFACE_VERTEX, fragmentShader: SURFACE_FRAGMENT, uniforms: this.uniforms,
      defines: Object.fromEntries(Object.entries(defines).filter(([, on]) => on).map(([name]) => [name, ''])),
      transparent: true, blending: CustomBlending, blendEquation: AddEquation, blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor, depthTest: this.hides, depthWrite: this.hides, side: DoubleSide,
    });
    this.mesh = new Mesh(this.geometries[0], this.material);
    this.mesh.frustumCulled = false;
  }

  /**
   * @param {import('../materials.js').Finish} finish
   * @param {import('../colours.js').Ramp} ramp
   */
  own(finish, ramp) {
    const shades = Array.from({length: 17}, (_, i) => ramp.colour(i / 16, new Color()));
    return {
      turn: {value: new Matrix3()}, eye: {value: new Vector3()}, ramp: {value: shades},
      size: {value: 1}, index: {value: 1.5}, fire: {value: 0}, walk: {value: 0}, swell: {value: 0}, drift: {value: 0},
      bands: {value: this.bands}, base: {value: finish.base}, metal: {value: finish.metal}, dye: {value: finish.dye},
      clear: {value: finish.clear}, dyed: {value: finish.colour}, body: {value: finish.body}, absorb: {value: finish.absorb},
      lineInk: {value: new Color()}, lineWidth: {value: 1}, engraved: {value: this.engraved},
    };
  }

  /** @param {Cues} cues */
  update(cues) {
    const u = this.uniforms;
    u.turn.value.fromArray(/** @type {number[]} */ (cues.turn));
    u.eye.value.fromArray(cues.eye);
    u.size.value = cues.scale;
    u.index.value = cues.index;
    u.fire.value = cues.fire;
    u.walk.value = cues.walk;
    u.swell.value = cues.lift * .5 + cues.sway;
    u.drift.value = cues.drift;
    u.lineInk.value.fromArray(cues.edgeInk).multiplyScalar(cues.edgeLight).lerp(this.hot, Math.min(.5, .2 * cues.edge));
    u.lineWidth.value = cues.edge;
    for (let i = 0; i < BANDS; i++) this.bands[i] = strongest(cues.bands, i * 6, 6) ** 1.4 * cues.reach;
  }

  /**
   * @param {import('three').WebGLRenderer} renderer
   * @param {boolean} mirrored
   */
  draw(renderer, mirrored) {
    this.mesh.geometry = this.geometries[mirrored ? 1 : 0];
    renderer.render(this.mesh, camera);
  }

  dispose() {
    for (const geometry of this.geometries) geometry.dispose();
    this.material.dispose();
  }
}

/** @param {Float32Array} bands @param {number} first @param {number} count */
function strongest(bands, first, count) {
  let peak = 0;
  for (let i = first; i < first + count; i++) peak = Math.max(peak, bands[i]);
  return peak;
}
