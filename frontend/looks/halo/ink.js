// What all parts of the halo share: the plane that everything lies in, and the material that draws premultiplied ink.
import {AddEquation, BufferAttribute, CustomBlending, DoubleSide, GLSL3, OneFactor, OneMinusSrcAlphaFactor, RawShaderMaterial, Sphere} from 'three';

/** @typedef {import('three').BufferGeometry} BufferGeometry */
/** @typedef {Record<string, import('three').IUniform>} Uniforms */

/** Samples around a closed line; bars never exceed it. */
export const COLUMNS = 384;
/** Rows of the level texture: row 0 belongs to the bars, the rest to lines. */
export const ROWS = 15;

/**
 * Shared by every vertex shader. The halo lies in a plane that may lean back; widths are laid on afterwards, in pixels of
 * the screen, so that edges stay one pixel soft however far it leans.
 */
const PLANE = `
uniform highp sampler2D levels, ramp;
uniform vec4 frame;   // centre x, y; 1 / half width, 1 / half height
uniform vec4 lean;    // cos, sin of the tilt; cos, sin of the roll
uniform float unit;   // pixels in half the smaller side
uniform vec2 fold;    // repeats round the ring, colour shift
const float TURN = 6.28318531;

// Pixels from the middle of the frame, and the height over the plane of the screen.
vec3 project(vec2 p) {
  float y = p.y * lean.x, z = -p.y * lean.y;
  vec2 q = vec2(p.x, y) * (3.4 / (3.4 - z));
  return vec3((vec2(q.x * lean.z - q.y * lean.w, q.x * lean.w + q.y * lean.z) + frame.xy) * unit, z);
}
vec4 toClip(vec3 s) { return vec4(s.xy / unit * frame.zw, -s.z * .3, 1.); }
vec2 onRing(float u, float turn) {
  float a = TURN * u + turn;
  return vec2(sin(a), -cos(a));
}
// 0 where the bass is .. 1 where the treble is.
float pitchAt(float u) { return 1. - abs(2. * fract(u * fold.x) - 1.); }
vec3 tint(float at) { return textureLod(ramp, vec2(at, .5), 0.).rgb; }
`;

/**
 * @param {string} vertex body after the shared plane
 * @param {string} fragment
 * @param {Uniforms} uniforms
 * @param {Record<string, string>} [defines]
 */
export function inkMaterial(vertex, fragment, uniforms, defines = {}) {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: `precision highp float; precision highp int;\n${PLANE}\n${vertex}`,
    fragmentShader: `precision highp float; precision highp int; precision highp sampler2D;\nout vec4 o;\n${fragment}`,
    uniforms,
    defines,
    transparent: true,
    depthTest: true,
    depthWrite: false,
    side: DoubleSide,
    blending: CustomBlending,
    blendEquation: AddEquation,
    blendSrc: OneFactor,
    blendDst: OneMinusSrcAlphaFactor,
  });
}

/**
 * A closed strip of quads: `position` is the column and the side (-1 or 1).
 * @template {BufferGeometry} G
 * @param {G} geometry
 * @param {number} columns
 * @param {number} stride columns from one quad to the next
 * @returns {G}
 */
export function asStrip(geometry, columns, stride) {
  const count = columns / stride;
  const place = new Float32Array((count + 1) * 4);
  const index = new Uint16Array(count * 6);
  for (let c = 0; c <= count; c++) {
    place.set([c * stride, -1, c * stride, 1], c * 4);
    if (c < count) index.set([0, 1, 2, 2, 1, 3].map((k) => c * 2 + k), c * 6);
  }
  geometry.setAttribute('position', new BufferAttribute(place, 2));
  geometry.setIndex(new BufferAttribute(index, 1));
  geometry.boundingSphere = new Sphere();
  return geometry;
}
