// Shaders of what stands in the sky: the sun or moon, and the stars.

export const SUN_VERTEX = `
uniform vec4 disc;     // x, y, radius, sine of the bank
uniform vec4 frame;
uniform vec4 shape;    // as in the fragments
uniform float reach;   // size of the square in radii
in vec2 corner;
out vec2 at;
void main() {
  // Nothing below the horizon: all of it would be shaded to stay unseen.
  at = vec2(corner.x, max(corner.y, clamp(shape.z / reach, -1., 1.))) * reach;
  vec2 q = at * disc.z;
  gl_Position = vec4((disc.xy + q) / frame.xy, .999, 1.);
}`;

/** Distances are in radii; shape.x is the number of pixels in a radius. */
export const SUN_FRAGMENT = `
uniform vec3 upper, lower, dark;
uniform vec4 shape;    // pixels in a radius, unused, horizon in radii from the middle, depth of the mist
uniform vec4 live;     // brightness, ring, strength, phase
in vec2 at;
out vec4 o;
float edge(float d) { return clamp(.5 - d * shape.x, 0., 1.); }
void main() {
  float r = length(at);
  float a = edge(r - 1.);
  vec3 c = mix(lower, upper, smoothstep(-.75, 1., at.y));
  c *= live.x;
#ifdef MOON
  float far = length(at - vec2(live.w, .28 * abs(live.w)));
  float night = 1. - smoothstep(.82, 1.06, far);
  c *= .93 + .07 * sin(at.x * 7. + 2. * sin(at.y * 5.)) * sin(at.y * 6. + 1.5 * sin(at.x * 4.));
  c = mix(c, dark, night * .96);
#endif
#ifdef ECLIPSE
  // The moon's edge is sharp; outside it the corona falls off, longer on one side.
  float lean = .6 + .4 * dot(at, vec2(.5, .87)) / max(r, .01);
  float corona = 1. / (1. + max(0., r - 1.) * mix(42., 15., lean));
  corona *= corona * lean * (1. - smoothstep(1.1, 1.27, r));
  c = mix(c * min(1.2, live.x + .3) * corona, dark * .5, a);
  a = max(a, corona);
  o = vec4(min(c, vec3(1.)), a) * (smoothstep(shape.z, shape.z + shape.w, at.y) * live.z);
  return;
#endif
#ifdef SLATS
  // Cuts that widen downwards: where the saw is below the width of the cut, the sky shows.
  float y = (.42 - at.y) * 6.4;
  float cut = .06 + min(.3, .05 * y) - abs(fract(y) - .5);
  a *= y > 0. ? clamp(.5 - cut * shape.x / 6.4, 0., 1.) : 1.;
#endif
  // The foot of the disc melts into the mist on the horizon.
  a *= smoothstep(shape.z, shape.z + shape.w, at.y) * live.z;
  o = vec4(min(c, vec3(1.)) * a, a);
}`;

export const STAR_VERTEX = `
uniform vec4 frame;
uniform vec4 night;    // strength, time, pixels in one unit, hats
in vec4 position;      // x, y, size, phase
in float warmth;
out vec4 tint;
void main() {
  float twinkle = .62 + .38 * sin(night.y * (.7 + fract(position.w * 7.) * 1.6) + position.w * 40.);
  float light = night.x * twinkle * (.55 + 1. * fract(position.w * 13.)) * (1. + night.w);
  gl_PointSize = (position.z * 1.35 + .8) * (night.z / 540.) + 1.3;
  tint = vec4(mix(vec3(.75, .86, 1.), vec3(1., .9, .78), warmth), 1.) * min(1., light);
  gl_Position = vec4(position.xy, .9995, 1.);
}`;

export const STAR_FRAGMENT = `
in vec4 tint;
out vec4 o;
void main() {
  vec2 d = gl_PointCoord * 2. - 1.;
  float a = max(0., 1. - dot(d, d));
  o = tint * (a * a);
}`;
