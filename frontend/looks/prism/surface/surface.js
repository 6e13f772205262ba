// A smooth body on the stage: one mesh, moved along its normals in the vertex shader.
import {
  AddEquation, BackSide, BufferAttribute, BufferGeometry, Camera, Color, CustomBlending, DoubleSide, FrontSide, GLSL3, Matrix3, Mesh,
  OneFactor, OneMinusSrcAlphaFactor, RawShaderMaterial, Sphere, Vector3,
} from 'three';
import {SURFACE_FRAGMENT, SURFACE_VERTEX} from './surface.glsl.js';

/** @typedef {import('../motion.js').Cues} Cues */

const camera = new Camera();
const BANDS = 24;

export class Surface {
  /**
   * @param {import('../shapes/registry.js').Shape} shape
   * @param {import('../gem/gem.js').BodyOptions} options
   */
  constructor(shape, {finish, ramp, uniforms}) {
    const parts = /** @type {() => import('../shapes/grid.js').SurfaceMesh} */ (shape.surface)();
    this.shell = Boolean(shape.shell && finish.clear > 0);
    this.engraved = shape.engraved ?? 1;
    this.geometry = new BufferGeometry();
    for (const [name, size] of /** @type {const} */ ([['position', 3], ['normal', 3], ['line', 1], ['tone', 1]])) {
      this.geometry.setAttribute(name, new BufferAttribute(parts[name], size));
    }
    this.geometry.setIndex(new BufferAttribute(parts.index, 1));
    this.geometry.boundingSphere = new Sphere();
    this.bands = new Float32Array(BANDS);
    this.uniforms = {...uniforms, ...this.own(finish, ramp)};
    const defines = {SHELL: this.shell, GLASS: finish.clear > 0, SPECTRUM: shape.spectrum};
    this.material = new RawShaderMaterial({
      glslVersion: GLSL3, vertexShader: SURFACE_VERTEX, fragmentShader: SURFACE_FRAGMENT, uniforms: this.uniforms,
      defines: Object.fromEntries(Object.entries(defines).filter(([, on]) => on).map(([name]) => [name, ''])),
      transparent: true, blending: CustomBlending, blendEquation: AddEquation, blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor, depthTest: !this.shell, depthWrite: !this.shell,
    });
    this.mesh = new Mesh(this.geometry, this.material);
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
    u.lineInk.value.fromArray(cues.edgeInk).multiplyScalar(cues.edgeLight);
    u.lineWidth.value = cues.edge;
    // Two of the sixty-four bands at a time, the highest left out.
    for (let i = 0; i < BANDS; i++) this.bands[i] = Math.max(cues.bands[i * 2 + 2], cues.bands[i * 2 + 3]) ** 1.4 * cues.reach;
  }

  /**
   * @param {import('three').WebGLRenderer} renderer
   * @param {boolean} mirrored
   */
  draw(renderer, mirrored) {
    this.material.side = this.shell ? DoubleSide : mirrored ? BackSide : FrontSide;
    renderer.render(this.mesh, camera);
  }

  dispose() {
    this.geometry.dispose();
    this.material.dispose();
  }
}
