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
 * Lights as areas in the direction that is asked for: a softbox with fringed edges, a narrow strip opposite to it, the
 * disc of haze behind, and a floor that is a little brighter than the ceiling.
 */
export const ROOM = `
uniform mat3 softbox;     // columns: across, up, towards the light
uniform mat3 strip;
uniform vec3 softboxColor, stripColor, discColor, lowColor, highColor;
uniform vec4 sizes;       // half sizes of the softbox and the strip, as tangents
uniform float fringe;
vec3 room(vec3 d) {
  vec3 q = d * softbox;
  vec2 a = q.xy / max(q.z, .02);
  vec3 s = max(abs(a.x + fringe * vec3(-1., 0., 1.)) - sizes.x, abs(a.y) - sizes.y);
  vec3 key = clamp(.5 - s * 3.2, 0., 1.) * step(.02, q.z);
  key *= .72 + .28 * clamp(a.y * .8 + .5, 0., 1.);
  vec3 r = d * strip;
  vec2 b = abs(r.xy) / max(r.z, .02) - sizes.zw;
  float narrow = clamp(.5 - max(b.x * 6., b.y * 2.), 0., 1.) * step(.02, r.z);
  float disc = clamp(.15 - d.z, 0., 1.15);
  return key * softboxColor + narrow * stripColor + disc * disc * discColor + mix(lowColor, highColor, d.y * .5 + .5);
}
// Film: bright colours keep their hue, because all three channels are held back by the strongest.
vec3 film(vec3 c) {
  float m = max(c.r, max(c.g, c.b));
  return c * (1.12 / (1. + .42 * m * m / (1. + .3 * m)));
}
`;
