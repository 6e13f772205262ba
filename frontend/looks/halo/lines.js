// Closed lines and filled petals around the centre: waveforms, echoes, shock rings, many in one draw call.
import {InstancedBufferGeometry, Mesh, Vector4} from 'three';
import {COLUMNS, asStrip, inkMaterial} from './ink.js';

/** @typedef {import('./ink.js').Uniforms} Uniforms */
/**
 * Radii in layout units, widths in pixels.
 * @typedef {object} Line
 * @property {number} radius
 * @property {number} reach added where the level is 1
 * @property {number} row of the level texture; 0 with reach 0 for a circle
 * @property {number} width half width in pixels
 * @property {number} [swell] pixels added where the level is 1
 * @property {number} alpha
 * @property {number} [soft] 0 crisp .. 1 all falloff
 * @property {number} [turn]
 * @property {number} [tone] place on the ramp
 * @property {number} [span] how much of the ramp it runs through
 * @property {number} [heat] 0 colour .. 1 white
 */

const MOST = 24;

const SHARED = `
in vec2 position;
uniform vec4 path[${MOST}];   // radius, reach, row, turn
uniform vec4 pen[${MOST}];    // half width, swell, softness, alpha
uniform vec4 hue[${MOST}];    // place on the ramp, span of it, heat
float level(float c, float row) { return texelFetch(levels, ivec2(mod(c, ${COLUMNS}.), row), 0).r; }
vec3 pointAt(float c, vec4 p) { return project(onRing(c / ${COLUMNS}., p.w) * (p.x + p.y * level(c, p.z))); }
vec3 colourAt(float c, vec4 h) { return mix(tint(h.x + h.y * pitchAt(c / ${COLUMNS}.) + fold.y), vec3(1.), h.z); }
`;

const LINE = `${SHARED}
out float across; flat out vec2 edge; out float half_; out vec4 ink;
void main() {
  vec4 p = path[gl_InstanceID], w = pen[gl_InstanceID];
  float c = position.x;
  vec3 m = pointAt(c, p);
  vec2 along = normalize(pointAt(c + 1., p).xy - pointAt(c - 1., p).xy);
  half_ = w.x + w.y * level(c, p.z);
  across = position.y * (half_ + 1.);
  edge = vec2(mix(1., half_, w.z), w.z);
  // A line thinner than a pixel is a fainter line of one pixel.
  ink = vec4(colourAt(c, hue[gl_InstanceID]), w.w * min(1., half_ * 2.));
  m.xy += vec2(-along.y, along.x) * across;
  gl_Position = toClip(m);
}`;

const LINE_INK = `
in float across; flat in vec2 edge; in float half_; in vec4 ink;
void main() {
  float cover = clamp((max(half_, .5) - abs(across)) / edge.x + .5 * (1. - edge.y), 0., 1.);
  cover *= mix(1., cover, edge.y) * ink.a;
  o = vec4(ink.rgb * cover, cover);
}`;

const FILL = `${SHARED}
out vec4 ink; out float height;
void main() {
  vec4 p = path[gl_InstanceID], w = pen[gl_InstanceID];
  float c = position.x, top = step(0., position.y);
  vec3 m = project(onRing(c / ${COLUMNS}., p.w) * (p.x + p.y * level(c, p.z) * top));
  ink = vec4(colourAt(c, hue[gl_InstanceID]), w.w);
  height = top;
  gl_Position = toClip(m);
}`;

const FILL_INK = `
in vec4 ink; in float height;
void main() {
  float cover = ink.a * height * (.4 + .6 * height);
  o = vec4(ink.rgb * cover, cover);
}`;

/** A batch of closed shapes; filled anew for each frame. */
export class Lines {
  /**
   * @param {Uniforms} shared
   * @param {boolean} filled petals instead of lines
   * @param {number} [stride] columns between corners: a circle needs fewer than a waveform
   */
  constructor(shared, filled, stride = 1) {
    this.geometry = asStrip(new InstancedBufferGeometry(), COLUMNS, stride);
    this.path = Array.from({length: MOST}, () => new Vector4());
    this.pen = Array.from({length: MOST}, () => new Vector4());
    this.hue = Array.from({length: MOST}, () => new Vector4());
    const uniforms = {...shared, path: {value: this.path}, pen: {value: this.pen}, hue: {value: this.hue}};
    this.material = filled ? inkMaterial(FILL, FILL_INK, uniforms) : inkMaterial(LINE, LINE_INK, uniforms);
    this.mesh = new Mesh(this.geometry, this.material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = filled ? 3 : 4;
    this.count = 0;
  }

  clear() {
    this.count = 0;
  }

  /** @param {Line} line */
  add({radius, reach, row, width, swell = 0, alpha, soft = 0, turn = 0, tone = 0, span = 1, heat = 0}) {
    if (this.count >= MOST || alpha <= .004) return;
    this.path[this.count].set(radius, reach, row, turn);
    this.pen[this.count].set(width, swell, soft, alpha);
    this.hue[this.count].set(tone, span, heat, 0);
    this.count += 1;
  }

  /** Hand what was added to the mesh. */
  close() {
    this.geometry.instanceCount = this.count;
    this.mesh.visible = this.count > 0;
  }

  dispose() {
    this.geometry.dispose();
    this.material.dispose();
  }
}
