// Shaders of the smooth bodies: lit like the facets, with lines of light engraved along the surface and at its outline.
import {BEYOND, LENS, LIGHTS} from '../room.glsl.js';

const HEAD = 'precision highp float;\n';

// How far a point of the body is moved along its normal (z), and how that changes along two tangents (x, y).
const LIFT = `
uniform float swell, drift;
uniform float bands[10];
#ifdef SPECTRUM
float band(float x) {
  float k = clamp(x, 0., .999) * 9.;
  int i = int(k);
  float f = k - float(i);
  f = f * f * (3. - 2. * f);
  return mix(bands[i], bands[i + 1], f);
}
// The bass lies around the waist, the highs at both ends; petals fade out towards the poles.
float height(vec3 p) {
  vec3 d = normalize(p);
  float polar = abs(asin(clamp(d.y, -1., 1.))) / 1.5708;
  float petals = .68 + .32 * cos(6. * atan(d.z, d.x) + drift * .6) * (1. - d.y * d.y) * (1. - d.y * d.y);
  return .3 * band(polar) * petals + swell * .5;
}
vec3 lift(vec3 p, vec3 t, vec3 b) {
  const float STEP = .012;
  float h = height(p);
  return vec3((vec2(height(p + t * STEP), height(p + b * STEP)) - h) / STEP, h);
}
#else
const vec3 K = vec3(2.1, 3.2, 1.4), L = vec3(-3.1, 1.3, 2.6);
vec3 lift(vec3 p, vec3 t, vec3 b) {
  float k = dot(p, K) + drift, l = dot(p, L) - drift * .8;
  vec3 slope = .2 * cos(k) * K + .16 * cos(l) * L;
  return swell * vec3(dot(slope, t), dot(slope, b), .62 + .2 * sin(k) + .16 * sin(l));
}
#endif
`;

export const SURFACE_VERTEX = `${HEAD}${LENS}${BEYOND}${LIFT}
uniform mat3 softbox, strip, turn;
uniform vec3 eye, ramp[17], rimInk;
uniform float size, reflection, ember, index, fire, walk, base, metal, dye, clear, dyed, body, absorb;
in vec3 position, normal;
in float line, tone;
out vec3 key, rim, colour, gloss;
out float strength, facing, mark;
vec3 shade(float place) {
  float k = fract(place) * 16.;
  int i = int(k);
  return mix(ramp[i], ramp[i + 1], k - float(i));
}
#ifdef SHELL
const float SHELL_RIM = .35;
#else
const float SHELL_RIM = 1.;
#endif
void main() {
  vec3 t = normalize(cross(normal, abs(normal.y) < .8 ? vec3(0., 1., 0.) : vec3(1., 0., 0.))), b = cross(normal, t);
  vec3 raised = lift(position, t, b);
  vec3 N = turn * normalize(normal - t * raised.x - b * raised.y);
  vec3 p = turn * (position + normal * raised.z) * size;
  vec3 q = placed(p), V = normalize(q - eye);
  // The picture on the floor is seen from another side than the body.
  if (mirrored > .5) N.y = -N.y;
  float c = -dot(V, N);
#ifdef SHELL
  N *= sign(c);
  c = abs(c);
#endif
  float f = 1. - clamp(c, 0., 1.), fresnel = base + (1. - base) * f * f * f * f * f;
  vec3 own = shade(tone * .5 + walk), mirror = reflect(V, N);
  facing = c;
  mark = line;
  strength = kept(q, reflection);
  key = mirror * softbox;
  rim = mirror * strip;
  gloss = vec3((fresnel + (1. - fresnel) * metal)) * mix(vec3(1.), own, dye);
  vec3 light = gloom(mirror) * (gloss + .3) + rimInk * .55 * f * f * f * SHELL_RIM;
#ifdef SHELL
  light += own * (.03 + .5 * f * f * f) * (ember * 4. + beyond(mirror));
#elif defined(GLASS)
  // A thick body bends the ray on the way in and about as much again on the way out.
  vec3 into = refract(V, N, 1. / index), through = normalize(2. * into - V);
  vec3 tint = mix(vec3(1.), shade(tone * .5 + walk + fire * (1. - dot(through, V))), dyed);
  light += (beyond(through) + ember) * tint * (1. - fresnel) * clear * exp(-absorb * 2. * clamp(c, 0., 1.));
#else
  light += own * (body * (ember + facingLight(N)) + metal * .6 * before(mirror));
#endif
  colour = film(light) * strength;
  // Divided here: straight interpolation is cheaper, and the triangles are small.
  vec4 at = project(q);
  gl_Position = vec4(at.xyz / at.w, 1.);
#ifndef SHELL
  // What turns away is thrown out here and not by its winding: a triangle on the outline may show a part of itself.
  if (c < -.35) gl_Position.z = 2.;
#endif
  // What the floor gives back of the upper parts nobody sees.
  if (strength < .008) gl_Position.z = 2.;
}`;

export const SURFACE_FRAGMENT = `${HEAD}${LIGHTS}
uniform vec3 lineInk;
uniform float lineWidth, engraved;
in vec3 key, rim, colour, gloss;
in float strength, facing, mark;
out vec4 o;
void main() {
  float turn = fwidth(facing), pace = fwidth(mark);
  float edge = facing / max(turn, 1e-4), alpha = clamp(edge, 0., 1.) * strength;
#ifndef SHELL
  if (edge <= 0.) discard;
#endif
  float d = abs(fract(mark - .5) - .5) / max(pace, 1e-4);
  float cut = clamp(lineWidth + .5 - d, 0., 1.) * engraved * clamp(1.6 - pace * 8., 0., 1.);
  float outline = clamp(lineWidth * 1.5 + .5 - edge, 0., 1.);
  vec3 light = min(lights(key, rim) * gloss, 1.);
  vec3 c = colour + light * (strength - colour);
  float l = max(cut, outline);
  c += (lineInk * strength - c) * l;
#ifdef SHELL
  o = vec4(c * clamp(edge, 0., 1.), .3 * alpha * l);
#else
  o = vec4(c * clamp(edge, 0., 1.), alpha);
#endif
}`;
