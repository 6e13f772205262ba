// Shaders of the cut solids: facets whose light was traced on the CPU, and lines of light along their edges.
import {BEYOND, LENS, LIGHTS} from '../room.glsl.js';

const HEAD = 'precision highp float;\n';

// Positions are divided here: interpolation straight across the screen is cheaper, and facets are small.
export const FACET_VERTEX = `${HEAD}${LENS}${BEYOND}
uniform mat3 softbox, strip;  // columns: across, up, towards the light
uniform float reflection, ember;
uniform vec3 rimInk;
in vec3 position, mirror, through, tint;
in vec4 sheen;
out vec3 key, rim, colour;
flat out vec3 gloss;
out float strength;
void main() {
  vec3 q = placed(position);
  strength = kept(q, reflection);
  key = mirror * softbox;
  rim = mirror * strip;
  gloss = sheen.rgb;
#ifdef GLASS
  colour = film((beyond(normalize(through)) + ember) * tint + gloom(mirror) * (sheen.rgb + .3) + rimInk * sheen.a) * strength;
#else
  // Of an opaque facet "through" is its normal, a little domed.
  colour = film((ember + facingLight(through)) * tint + (gloom(mirror) + .75 * before(normalize(mirror))) * sheen.rgb + rimInk * sheen.a) * strength;
#endif
  vec4 c = project(q);
  gl_Position = vec4(c.xyz / c.w, 1.);
}`;

export const FACET_FRAGMENT = `${HEAD}${LIGHTS}
in vec3 key, rim, colour;
flat in vec3 gloss;
in float strength;
out vec4 o;
void main() {
  vec3 light = min(lights(key, rim) * gloss, 1.);
  o = vec4(colour + light * (strength - colour), strength);
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
uniform vec3 hot;
in vec4 place;
in vec3 colour;
in float strength;
out vec4 o;
void main() {
  vec2 d = vec2(max(abs(place.x - .5 * place.z) - .5 * place.z, 0.), place.y);
  float r = length(d), a = clamp(place.w + .5 - r, 0., 1.);
  // The heart of a wide line is hotter, its hue kept at the sides.
  float heart = clamp(1. - r / (place.w + .5), 0., 1.) * clamp(place.w * .35, 0., 1.);
  vec3 c = mix(colour, hot, heart * heart);
  o = vec4(c, cover) * (a * strength);
}`;
