// A few motes of dust at different depths, drifting slowly; hats make them glint.
import {AddEquation, BufferAttribute, BufferGeometry, Camera, CustomBlending, GLSL3, OneFactor, Points, RawShaderMaterial, Sphere} from 'three';
import {randomStream} from '../core/random.js';
import {LENS} from './room.glsl.js';

const VERTEX = `precision highp float;
${LENS}
in vec4 position;  // home in the room, phase
in float size;
uniform float time, way, sparkle, pixels, count;
uniform vec3 near, far;
out vec3 colour;
void main() {
  float k = position.w;
  vec3 p = position.xyz + vec3(sin(time * .11 + k * 40.), .6 * sin(time * .09 + k * 70.), sin(time * .07 + k * 90.)) * .22;
  p.y = mod(p.y + way * (.05 + .06 * fract(k * 7.)) + 1.9, 3.8) - 1.9;
  vec4 c = project(p);
  float blur = abs(p.z - .5);
  float gleam = .5 + .5 * sin(time * (.5 + k) + k * 60.);
  float flash = sparkle * step(.55, fract(k * 13.));
  gl_PointSize = pixels * size * (1. + .5 * blur) * (1. + .5 * flash);
  colour = mix(near, far, fract(k * 5.)) * (.1 + .32 * gleam + 1.2 * flash) / (1. + 1.6 * blur);
  gl_Position = c;
}`;

const FRAGMENT = `precision highp float;
in vec3 colour;
out vec4 o;
void main() {
  vec2 d = gl_PointCoord * 2. - 1.;
  float f = max(1. - dot(d, d), 0.);
  o = vec4(colour * f * f, 0.);
}`;

const camera = new Camera();

export class Motes {
  /**
   * @param {number} count
   * @param {number} seed
   * @param {number} pixels size of the unit mote
   * @param {import('../core/contract.js').Layout} layout
   * @param {Record<string, import('three').IUniform>} shared
   */
  constructor(count, seed, pixels, layout, shared) {
    const random = randomStream(seed + 77);
    const home = new Float32Array(count * 4);
    const size = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      home.set([(random() * 2 - 1) * layout.width * 1.15, (random() * 2 - 1) * 1.9, random() * 4.2 - 2, random()], i * 4);
      size[i] = .7 + 1.5 * random() ** 3;
    }
    this.geometry = new BufferGeometry();
    this.geometry.setAttribute('position', new BufferAttribute(home, 4));
    this.geometry.setAttribute('size', new BufferAttribute(size, 1));
    this.geometry.boundingSphere = new Sphere();
    this.uniforms = {
      ...shared, time: {value: 0}, way: {value: 0}, sparkle: {value: 0}, pixels: {value: pixels},
      near: {value: shared.near.value}, far: {value: shared.far.value},
    };
    this.material = new RawShaderMaterial({
      glslVersion: GLSL3, vertexShader: VERTEX, fragmentShader: FRAGMENT, uniforms: this.uniforms, transparent: true,
      blending: CustomBlending, blendEquation: AddEquation, blendSrc: OneFactor, blendDst: OneFactor,
      depthTest: false, depthWrite: false,
    });
    this.points = new Points(this.geometry, this.material);
    this.points.frustumCulled = false;
  }

  /**
   * @param {import('three').WebGLRenderer} renderer
   * @param {import('../../sound/sound.js').FrameSound} sound
   * @param {number} sparkle 0..1
   */
  draw(renderer, sound, sparkle) {
    this.uniforms.time.value = sound.t;
    this.uniforms.way.value = sound.t * .2 + sound.integral('loudness');
    this.uniforms.sparkle.value = sparkle;
    renderer.render(this.points, camera);
  }

  dispose() {
    this.geometry.dispose();
    this.material.dispose();
  }
}
