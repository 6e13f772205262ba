// Shader of the sparks that the hats leave on the ridges.
import {PLACE} from './land.glsl.js';

export const SPARK_VERTEX = `${PLACE}
uniform vec4 glint;    // number of the newest row, time, pixels in one unit, strength
uniform vec3 highColor;
in vec2 position;      // row, which of its sparks
out vec3 tint;
float hash(float n, float m) { return fract(sin(mod(n, 977.) * 12.9898 + m * 78.233) * 4375.85453); }
void main() {
  int row = int(position.x);
  vec4 info = texelFetch(rows, ivec2(int(rise.y) + 1, row), 0);
  float number = glint.x - position.x;
  float column = floor(hash(number, position.y) * rise.y / 4.) * 4.;
  float depth = clamp((row < 2 ? 0. : info.x) / (rise.w - 3.), 0., 1.);
  float flicker = .5 + .5 * sin(glint.y * (9. + 14. * hash(number, position.y + 20.)) + 30. * hash(number, position.y + 40.));
  float light = glint.w * info.z * flicker * exp(-info.x * .14) * (1. - depth);
  vec3 p = spot(int(column), row);
  p.y += .02 + .09 * hash(number, position.y + 60.) * (.3 + info.x * .12);
  tint = highColor * min(1., light);
  gl_PointSize = (3.2 + 3. * hash(number, position.y + 80.)) * glint.z / 540. * mix(1.15, .6, depth);
  gl_Position = light < .03 ? vec4(2., 2., 2., 1.) : clip(project(p), p.z - .5 * lay.y);
}`;

export const SPARK_FRAGMENT = `
in vec3 tint;
out vec4 o;
void main() {
  vec2 d = gl_PointCoord * 2. - 1.;
  float a = max(0., 1. - dot(d, d));
  o = vec4(tint * a, a * .4);
}`;
