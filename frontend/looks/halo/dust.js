// Dust that drifts outward: its speed is the song's loudness, its place a function of the loudness heard so far.
import {BufferAttribute, BufferGeometry, Points, Sphere, Vector4} from 'three';
import {randomStream} from '../core/random.js';
import {inkMaterial} from './ink.js';

const VERTEX = `
in vec3 position;     // angle, phase, size 0..1
uniform vec4 drift;   // way travelled, inner radius, outer radius, brightness
uniform vec4 spark;   // glitter, sparkle phase, size in pixels, swirl
out vec4 ink;
void main() {
  float way = fract(position.y + drift.x * (.35 + .65 * position.z));
  float near = position.z * position.z;
  float r = mix(drift.y, drift.z, way * (.35 + .65 * way));
  float a = position.x + spark.w * way;
  vec3 s = project(vec2(cos(a), sin(a)) * r);
  // Near motes are large and faint, far ones small and bright, as in a lens.
  float size = spark.z * (.5 + 2.6 * near * near) * (.5 + way);
  float twinkle = fract(position.x * 7.13 + position.y * 3.7 + spark.y);
  float flash = spark.x * smoothstep(.72, 1., twinkle);
  float life = smoothstep(0., .16, way) * (1. - smoothstep(.7, 1., way));
  ink.a = clamp(life * drift.w * mix(.85, .28, near) * (1. + 2. * flash), 0., 1.) * min(1., size * size * .4);
  ink.rgb = mix(tint(position.z), vec3(1.), .25 + .4 * min(1., flash));
  gl_PointSize = max(2., size * 2. * (1. + .5 * flash));
  gl_Position = toClip(s);
}`;

const FRAGMENT = `
in vec4 ink;
void main() {
  vec2 d = gl_PointCoord * 2. - 1.;
  float cover = max(0., 1. - dot(d, d));
  cover *= cover * ink.a;
  o = vec4(ink.rgb * cover, cover);
}`;

export class Dust {
  /**
   * @param {import('./ink.js').Uniforms} shared
   * @param {number} count
   * @param {number} seed
   */
  constructor(shared, count, seed) {
    const next = randomStream(seed);
    const places = new Float32Array(count * 3);
    for (let i = 0; i < count; i++) places.set([next() * Math.PI * 2, next(), next()], i * 3);
    this.geometry = new BufferGeometry();
    this.geometry.setAttribute('position', new BufferAttribute(places, 3));
    this.geometry.boundingSphere = new Sphere();
    this.drift = new Vector4();
    this.spark = new Vector4();
    this.material = inkMaterial(VERTEX, FRAGMENT, {...shared, drift: {value: this.drift}, spark: {value: this.spark}});
    this.mesh = new Points(this.geometry, this.material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 2;
  }

  dispose() {
    this.geometry.dispose();
    this.material.dispose();
  }
}
