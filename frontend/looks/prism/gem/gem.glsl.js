// Shaders of the cut solids: facets whose light was traced on the CPU, and lines of light along their edges.
import {LENS, ROOM} from '../room.glsl.js';

const HEAD = 'precision highp float;\n';

export const FACET_VERTEX = `${HEAD}${LENS}
uniform float reflection;
in vec3 position, mirror, through, tint, sheen;
out vec3 seen, inside, colour, gloss;
out float strength;
void main() {
  vec3 q = placed(position);
  seen = mirror; inside = through; colour = tint; gloss = sheen;
  strength = kept(q, reflection);
  gl_Position = project(q);
}`;

export const FACET_FRAGMENT = `${HEAD}${ROOM}
uniform vec3 ember;
uniform float clear;
in vec3 seen, inside, colour, gloss;
in float strength;
out vec4 o;
void main() {
  vec3 light = room(normalize(seen)) * gloss;
#ifdef GLASS
  light += (room(normalize(inside)) + ember) * colour;
#else
  light += ember * colour;
#endif
  o = vec4(film(light) * strength, strength);
}`;

// Each line is a quad around the segment a..b in pixels; the fragment measures its distance to the segment.
export const LINE_VERTEX = `${HEAD}${LENS}
uniform vec2 halfSize;
uniform float reflection, lineScale;
in vec3 position, end, ink;
in vec3 corner;  // along 0 or 1, across -1 or 1, half width in pixels
out vec4 place;  // along, across, length, half width
out vec3 colour;
out float strength;
void main() {
  vec3 p = placed(position), q = placed(end);
  vec4 a = project(p), b = project(q);
  vec2 s = a.xy / a.w * halfSize, e = b.xy / b.w * halfSize, d = e - s;
  float size = length(d);
  d = size > 1e-4 ? d / size : vec2(1., 0.);
  float w = corner.z * lineScale, reach = w + 1.;
  vec2 at = mix(s, e, corner.x) + d * reach * (corner.x * 2. - 1.) + vec2(-d.y, d.x) * reach * corner.y;
  place = vec4(corner.x * size + reach * (corner.x * 2. - 1.), reach * corner.y, size, w);
  colour = ink;
  strength = kept(mix(p, q, corner.x), reflection);
  vec4 c = mix(a, b, corner.x);
  gl_Position = vec4(at / halfSize, c.z / c.w, 1.);
}`;

export const LINE_FRAGMENT = `${HEAD}
uniform float cover;
in vec4 place;
in vec3 colour;
in float strength;
out vec4 o;
void main() {
  vec2 d = vec2(max(abs(place.x - .5 * place.z) - .5 * place.z, 0.), place.y);
  float r = length(d), a = clamp(place.w + .5 - r, 0., 1.);
  // The heart of a wide line is hotter, its hue kept at the sides.
  float heart = clamp(1. - r / (place.w + .5), 0., 1.) * clamp(place.w * .35, 0., 1.);
  vec3 c = mix(colour, vec3(1.), .62 * heart * heart);
  o = vec4(c, cover) * (a * strength);
}`;
