// Shaders of the smooth bodies: lit like the facets, with lines of light engraved along the surface and at its outline.
import {BEYOND, LENS, LIGHTS} from '../room.glsl.js';

const HEAD = 'precision highp float;\n';

// How far a point of the body is moved along its normal.
const LIFT = `
uniform float swell, drift;
uniform float bands[24];
#ifdef SPECTRUM
float band(float x) {
  float k = clamp(x, 0., .999) * 22.;
  int i = int(k);
  float f = k - float(i);
  f = f * f * (3. - 2. * f);
  return mix(bands[i], bands[i + 1], f);
}
// The bass lies around the waist, the highs at both ends; petals fade out towards the poles.
float lift(vec3 p) {
  vec3 d = normalize(p);
  float polar = abs(asin(clamp(d.y, -1., 1.))) / 1.5708;
  float petals = .68 + .32 * cos(8. * atan(d.z, d.x) + drift * .6) * (1. - d.y * d.y) * (1. - d.y * d.y);
  return .3 * band(polar) * petals + swell * .5;
}
#else
float lift(vec3 p) {
  return swell * (.5 + .5 * sin(dot(p, vec3(2.1, 3.2, 1.4)) + drift) + .35 * sin(dot(p, vec3(-3.1, 1.3, 2.6)) - drift * .8)
                  + .25 * sin(dot(p, vec3(1.2, -2.7, 4.1)) + drift * 1.3));
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
  const float STEP = .012;
  vec3 t = normalize(cross(normal, abs(normal.y) < .8 ? vec3(0., 1., 0.) : vec3(1., 0., 0.))), b = cross(normal, t);
  float h = lift(position);
  vec2 slope = (vec2(lift(position + t * STEP), lift(position + b * STEP)) - h) / STEP;
  vec3 N = turn * normalize(normal - t * slope.x - b * slope.y);
  vec3 p = turn * (position + normal * h) * size;
  vec3 q = placed(p), V = normalize(p - eye);
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
  gl_Position = project(q);
}`;

export const SURFACE_FRAGMENT = `${HEAD}${LIGHTS}
uniform vec3 lineInk, hot;
uniform float lineWidth, engraved;
in vec3 key, rim, colour, gloss;
in float strength, facing, mark;
out vec4 o;
void main() {
  float turn = fwidth(facing), pace = fwidth(mark);
  float edge = facing / max(turn, 1e-4), alpha = clamp(edge, 0., 1.) * strength;
  float d = abs(fract(mark - .5) - .5) / max(pace, 1e-4);
  float cut = clamp(lineWidth + .5 - d, 0., 1.) * engraved * clamp(1.6 - pace * 8., 0., 1.);
  float outline = clamp(lineWidth * 1.5 + .5 - edge, 0., 1.);
  vec3 light = min(lights(key, rim) * gloss, 1.);
  vec3 c = colour + light * (strength - colour);
  float l = max(cut, outline), heart = clamp(lineWidth * .4 - d * .45, 0., 1.) * cut;
  c = mix(c, mix(lineInk, hot, heart) * strength, l);
#ifdef SHELL
  o = vec4(c * clamp(edge, 0., 1.), .3 * alpha * l);
#else
  o = vec4(c * clamp(edge, 0., 1.), alpha);
#endif
}`;
