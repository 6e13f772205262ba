// The ring of bars: one capsule a bar, laid between two points on the leaning plane.
import {BufferAttribute, InstancedBufferGeometry, Mesh, Sphere, Vector4} from 'three';
import {inkMaterial} from './ink.js';

/** @typedef {import('./ink.js').Uniforms} Uniforms */

const VERTEX = `
in vec2 position;
uniform vec4 shape;   // inner radius, least length, reach, turn
uniform vec4 form;    // number of bars, width (share of its slot), reflection, heat of the tips
uniform float row;    // of the level texture
out vec2 at; flat out vec4 bar; flat out vec3 low, high;
void main() {
  float u = (float(gl_InstanceID) + .5) / form.x;
  float level = texelFetch(levels, ivec2(gl_InstanceID, row), 0).r;
  vec2 d = onRing(u, shape.w);
  float outer = shape.x + shape.y + shape.z * level;
  float inner = shape.x - (shape.y + shape.z * level) * form.z;
  vec3 a = project(d * inner), b = project(d * outer), m = project(d * shape.x);
  float slot = TURN * shape.x / form.x;
  vec3 side = project(d * shape.x + vec2(-d.y, d.x) * slot);
  vec2 along = b.xy - a.xy;
  float len = max(length(along), .001);
  along /= len;
  vec2 across = vec2(-along.y, along.x);
  // How wide the slot looks from here: a leaning ring is narrow at its flanks.
  float wide = max(.55, .5 * form.y * abs(dot(side.xy - m.xy, across)));
  bar = vec4(len, wide, dot(m.xy - a.xy, along), level);
  at = vec2(position.x < .5 ? -wide - 1. : len + wide + 1., position.y * (wide + 1.));
  float pitch = pitchAt(u);
  low = tint(pitch + fold.y);
  high = mix(low, vec3(1.), form.w * level * .6);
  vec3 s = mix(a, b, step(.5, position.x));
  s.xy = a.xy + along * at.x + across * at.y;
  gl_Position = toClip(s);
}`;

const FRAGMENT = `
in vec2 at; flat in vec4 bar; flat in vec3 low, high;
uniform vec2 light;   // opacity at the root and at the tip
void main() {
  float part = clamp((at.x - bar.z) / max(1., bar.x - bar.z), 0., 1.);
#ifdef DOTS
  float step_ = bar.y * 3.;
  float n = clamp(floor((at.x - bar.z) / step_ + .5), -floor(bar.z / step_), floor((bar.x - bar.z) / step_));
  float d = length(vec2(at.x - bar.z - n * step_, at.y)) - bar.y;
#else
  float d = length(vec2(max(max(-at.x, at.x - bar.x), 0.), at.y)) - bar.y;
#endif
  float cover = clamp(.5 - d, 0., 1.);
#ifdef RAYS
  float fade = 1. - part;
  cover *= fade * (.35 + .65 * fade);
#else
  cover *= mix(light.x, light.y, part);
#endif
  // What lies inside the ring is a reflection.
  cover *= at.x < bar.z ? .34 * clamp(at.x / max(1., bar.z), 0., 1.) : 1.;
  o = vec4(mix(low, high, part * part) * cover, cover);
}`;

export class Bars {
  /**
   * @param {Uniforms} shared
   * @param {'bars' | 'dots' | 'rays'} style
   * @param {number} count
   * @param {number} row of the level texture
   */
  constructor(shared, style, count, row) {
    this.geometry = new InstancedBufferGeometry();
    this.geometry.setAttribute('position', new BufferAttribute(new Float32Array([0, -1, 1, -1, 0, 1, 1, 1]), 2));
    this.geometry.setIndex([0, 1, 2, 2, 1, 3]);
    this.geometry.boundingSphere = new Sphere();
    this.geometry.instanceCount = count;
    this.uniforms = {...shared, shape: {value: new Vector4()}, form: {value: new Vector4(count)}, light: {value: [1, 1]}, row: {value: row}};
    /** @type {Record<string, string>} */
    const defines = style === 'bars' ? {} : {[style.toUpperCase()]: ''};
    this.material = inkMaterial(VERTEX, FRAGMENT, this.uniforms, defines);
    this.mesh = new Mesh(this.geometry, this.material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 5;
  }

  dispose() {
    this.geometry.dispose();
    this.material.dispose();
  }
}
