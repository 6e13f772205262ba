// The dark room as GLSL: the lens that looks into it and the lights that a surface can see from any point.

/** Lens: points of the room, in layout units with the solid in the middle, to clip space; MIRROR is the floor's picture. */
export const LENS = `
uniform vec4 lens;   // distance, 1 / half width, 1 / half height, height of the floor
uniform vec4 aim;    // sine and cosine of the camera's pitch, shift x and y in clip units
uniform float mirrored;
vec3 placed(vec3 p) {
  return mirrored > .5 ? vec3(p.x, 2. * lens.w - p.y, p.z) : p;
}
vec4 project(vec3 q) {
  float y = aim.y * q.y - aim.x * q.z, z = aim.x * q.y + aim.y * q.z, w = lens.x - z;
  float near = lens.x - 3.5, far = lens.x + 3.5;
  return vec4(q.x * lens.x * lens.y + aim.z * w, y * lens.x * lens.z + aim.w * w,
              (w * (far + near) - 2. * far * near) / (far - near), w);
}
// What is left of the light that the floor gives back.
float kept(vec3 q, float reflection) {
  return mirrored > .5 ? reflection * exp(-3.2 * max(lens.w - q.y, 0.)) : 1.;
}
`;

/**
 * What stands behind the solid, for the vertices: three wide lobes are enough, because light that has come through a
 * stone is already cut up by its facets. And the room's own dim gradient.
 */
export const BEYOND = `
uniform mat3 behind;      // columns: directions of three lamps
uniform mat3 lamps;       // columns: their colours
uniform vec3 lowColor, highColor;
vec3 beyond(vec3 d) {
  vec3 g = max(d * behind, 0.);
  g *= g;
  return lamps * (g * g * g * g);
}
vec3 gloom(vec3 d) {
  return mix(lowColor, highColor, d.y * .5 + .5);
}
// The same lamps as a mirror sees them in front of the solid, and as a dull surface does.
vec3 before(vec3 d) {
  return beyond(d * vec3(1., 1., -1.));
}
float facingLight(vec3 n) {
  float a = max(dot(n, vec3(-.55, .65, .52)), 0.), b = max(dot(n, vec3(.8, -.15, .58)), 0.);
  return .3 * a * a + .1 * b;
}
// Film: bright colours keep their hue, because all three channels are held back by the strongest.
vec3 film(vec3 c) {
  float m = max(c.r, max(c.g, c.b));
  return c * (1.12 / (1. + .42 * m * m / (1. + .3 * m)));
}
`;

/**
 * Lights as areas, for the fragments: a softbox (its edges fringed by glass) and a narrow strip opposite to it. Both are asked for
 * in their own axes (a linear map, so vertices can do it), in directions of any length.
 */
export const LIGHTS = `
uniform vec3 softboxColor, stripColor;
uniform vec4 sizes;       // half sizes of the softbox and the strip, as tangents
uniform float fringe;
vec3 lights(vec3 q, vec3 r) {
  vec2 a = q.xy / max(q.z, .02), b = abs(r.xy) / max(r.z, .02) - sizes.zw;
#ifdef GLASS
  vec3 s = max(abs(a.x + vec3(-fringe, 0., fringe)) - sizes.x, abs(a.y) - sizes.y), key;
#else
  float s = max(abs(a.x) - sizes.x, abs(a.y) - sizes.y), key;
#endif
  key = clamp(.5 - s * 4., 0., 1.) * max(.62 + .5 * a.y + .25 * a.x, .12);
  float narrow = clamp(.5 - max(b.x * 7., b.y * 2.), 0., 1.);
  return key * softboxColor + narrow * stripColor;
}
`;
