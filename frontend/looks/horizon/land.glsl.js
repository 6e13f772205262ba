// Shaders of the land: where a vertex of the relief stands, its body, and the luminous lines along its rows.

/**
 * `spot` gives a point of the land in the camera's space: x right, y up, z the distance; `project` takes it to the
 * screen, in half widths of the smaller side. The horizon is shifted on the lens instead of tilting the camera, so that
 * the frame shapes differ in framing alone.
 */
export const PLACE = `
uniform highp sampler2D rows;
uniform vec4 camera;     // x, height above the ground, focal length, horizon
uniform vec4 lay;        // nearest distance, distance between rows, spread, exponent of the spread
uniform vec4 frame;      // half width, half height, cosine and sine of the bank
uniform vec4 rise;       // height of 1, columns - 1, inner share of the columns, number of rows
uniform float outer;
uniform float parity;  // number of the newest row, 0 even or 1 odd

float placeOf(float column) {
  float s = column / rise.y * 2. - 1.;
  return s * (rise.z + (outer - rise.z) * s * s);
}
vec3 spot(int column, int row) {
  vec4 relief = texelFetch(rows, ivec2(column, row), 0);
  float age = texelFetch(rows, ivec2(int(rise.y) + 1, row), 0).x;
  float settled = clamp(age, 0., 1.);
#ifdef FACETS
  float z = age < 0. ? lay.x * .42 : lay.x + (age + relief.w * settled) * lay.y;
  float place = placeOf(float(column) + relief.z * settled);
#else
  float z = age < 0. ? lay.x * .42 : lay.x + age * lay.y;
  float place = placeOf(float(column));
#endif
  float h = relief.x * rise.x;
#ifdef TUNNEL
  float angle = place * 3.14159265;
  float radius = age < 0. ? lay.z * 3.4 : lay.z - h;
  if (age < 0.) z = lay.x;
  return vec3(sin(angle) * radius - camera.x, lay.z - cos(angle) * radius - camera.y, z);
#else
  float lift = age < 0. ? -.3 * camera.y : h;
  return vec3(place * lay.z * pow(z / lay.x, lay.w) - camera.x, lift - camera.y, z);
#endif
}
// Far away every second row is smoothed into the land between its neighbours (see rows.js) and then left out.
float keptAt(float age, int row) {
#ifdef FACETS
  return 1.;
#endif
  return mod(parity + float(row), 2.) > .5 ? 1. - smoothstep(.25, .45, age / (rise.w - 3.)) : 1.;
}
vec2 project(vec3 p) {
  vec2 q = p.xy * (camera.z / p.z);
  return vec2(q.x * frame.z - q.y * frame.w, q.x * frame.w + q.y * frame.z + camera.w);
}
vec4 clip(vec2 screen, float z) {
  return vec4(screen / frame.xy * z, z - 2. * lay.x * .3, z);
}
`;

/** Fog and the sun's path over the land: shared, because body and line must melt away together. */
const AIR = `
uniform vec4 fogShape;   // density, how far peaks stand out of it, beginning of the end, unused
uniform vec4 sunShape;   // x, y on the screen, radius, width of its path

float clearness(float depth, float relief) {
  float fog = exp(-depth * depth * fogShape.x * (1. - fogShape.y * clamp(relief, 0., 1.)));
  return fog * (1. - smoothstep(fogShape.z, 1., depth));
}
float sunPath(vec2 screen) {
  float d = (screen.x - sunShape.x) / sunShape.w;
  return 1. / (1. + d * d * (1. + d * d));
}
`;

export const BODY_VERTEX = `${PLACE}${AIR}
uniform vec3 bodyNear, bodyFar, sheen;
uniform float wave;
in vec3 cell;          // column, row, 0 on the ridge or 1 at the foot of its curtain
out vec4 tint;
#ifdef FACETS
flat out vec3 face;
out float lit;
uniform vec3 sunWay, facetLight, facetShade;
#endif
void main() {
  int column = int(cell.x), row = int(cell.y);
  vec3 p = spot(column, row);
  vec4 relief = texelFetch(rows, ivec2(column, row), 0);
  vec4 info = texelFetch(rows, ivec2(int(rise.y) + 1, row), 0);
  float near = clamp(info.x + 1., 0., 1.);
  float away = p.z;
#ifndef FACETS
  if (cell.z > .5 && row == 1) {
    p.y = (-frame.y - .3 - camera.w) / camera.z;
    near = 0.;
  } else if (cell.z > .5) {
    // Down to where the nearer rows hide it (z of the relief), seen at the same place on the screen. It takes the
    // colour of the ground there, but stands upright in depth: it must not come before its own line.
    float step = keptAt(info.x - 1., row - 1) <= 0. ? 2. : 1.;
    float z = lay.x + max(0., info.x - step) * lay.y;
    float scale = z / p.z;
    p = vec3(p.x * scale, relief.z * z / camera.z, z);
  }
#endif
  vec2 screen = project(p);
  float depth = clamp((p.z - lay.x) / (lay.y * (rise.w - 3.)), 0., 1.);
  float path = sunPath(screen);
  vec3 colour = mix(bodyNear, bodyFar, depth) * (.25 + .75 * near);
  colour += sheen * (path * near * (.12 + .88 * depth) * (.5 + wave));
  float a = clearness(depth, (p.y + camera.y) / camera.y);
  tint = vec4(colour * a, a);
#ifdef FACETS
  // The third number tells which of the two triangles behind this corner it lights.
  ivec2 end = ivec2(int(rise.y), int(rise.w) - 1);
  ivec2 one = min(ivec2(column + 1, row + int(cell.z)), end), two = min(ivec2(column + 1 - int(cell.z), row + 1), end);
  vec3 n = normalize(cross(spot(one.x, one.y) - p, spot(two.x, two.y) - p) + vec3(0., 1e-6, 0.));
  n *= n.y < 0. ? -1. : 1.;
  float facing = max(0., dot(n, sunWay));
  face = facetLight * (facing * facing) + facetShade * (n.x * .5 + .5);
  lit = near * a;
#endif
#ifdef FACETS
  gl_Position = clip(screen, p.z);
#else
  gl_Position = keptAt(info.x, row) <= 0. ? vec4(2., 2., 2., 1.) : clip(screen, away);
#endif
}`;

export const BODY_FRAGMENT = `
in vec4 tint;
out vec4 o;
#ifdef FACETS
flat in vec3 face;
in float lit;
#endif
void main() {
#ifdef FACETS
  o = vec4(tint.rgb + face * lit, tint.a);
#else
  o = tint;
#endif
}`;

export const LINE_VERTEX = `${PLACE}${AIR}
uniform vec3 lineColor, highColor, sunColor, bodyNear, bodyFar, sheen;
uniform float wave;
uniform vec4 pen;      // width in pixels, pixels in one unit of the screen, brightness, thinnest part of the width far away
uniform vec4 shine;    // highs, sun path, kick, hats
in vec4 knot;          // column, row, side, 0 along the row, 1 along the way, 2 across a facet
out vec4 tint;
out vec2 across;       // pixels from the middle, half of the width
void main() {
  int column = int(knot.x), row = int(knot.y);
  ivec2 next = knot.w > 1.5 ? ivec2(1, 1) : knot.w > .5 ? ivec2(0, 1) : ivec2(1, 0);
  ivec2 last = ivec2(int(rise.y), int(rise.w) - 1);
  ivec2 ahead = min(ivec2(column, row) + next, last), behind = max(ivec2(column, row) - next, ivec2(0, 1));
  vec3 p = spot(column, row);
  vec2 screen = project(p);
  vec4 relief = texelFetch(rows, ivec2(column, row), 0);
#ifndef FACETS
  if (relief.w > .5 && knot.w < .5) {
    // Hidden, as its neighbours' strips towards it: no width.
    tint = vec4(0.);
    across = vec2(0.);
    gl_Position = clip(screen, p.z);
    return;
  }
#endif
  vec2 along = project(spot(ahead.x, ahead.y)) - project(spot(behind.x, behind.y));
  along /= max(length(along), 1e-5);

  vec4 info = texelFetch(rows, ivec2(int(rise.y) + 1, row), 0);
  float depth = clamp((p.z - lay.x) / (lay.y * (rise.w - 3.)), 0., 1.);
  float width = pen.x * mix(1., pen.w, sqrt(depth));
  float drawn = max(width, 1.1);
  float reach = drawn * .5 + .55;
  screen += vec2(-along.y, along.x) * (knot.z * reach / pen.y);
  across = vec2(knot.z * reach, drawn * .5 + .5);

  float high = clamp(relief.y * shine.x, 0., 1.);
  float crest = smoothstep(.02, .7, relief.x);
  float path = sunPath(screen) * shine.y;
  float now = exp(-info.x * .9);
  float light = (.24 + .75 * crest + .9 * high * high + .35 * info.y * crest + .6 * now) * pen.z;
  light += shine.z * info.w * (.25 + crest);
  light += path * (.25 + 1.3 * depth) * (.35 + .65 * info.y) * pen.z;
  // Where rows crowd together every second one fades, and all dim: else the far land is one sheet of light with a moire.
  float gap = camera.z * camera.y * lay.y / (p.z * p.z) * pen.y;
  float kept = keptAt(info.x, row);
  light *= clamp(gap / (drawn * 2.), .2, 1.) * min(1., width / drawn);
  vec3 hue = mix(lineColor, highColor, smoothstep(.12, .85, high + .35 * now + shine.w * info.z * .4));
  hue = mix(hue, sunColor, clamp(path * (.3 + depth), 0., .9));
  vec3 colour = mix(bodyNear, bodyFar, depth) + sheen * (sunPath(screen) * (.12 + .88 * depth) * (.5 + wave));
  colour += hue * ((knot.w > .5 ? 1. : kept) * light / (1. + .3 * light));
  float a = clearness(depth, relief.x * rise.x / camera.y);
  if (knot.w > .5) a *= 1. - smoothstep(.42, .6, depth);
  tint = vec4(min(colour, vec3(1.)) * a, a);
  vec4 at = kept <= 0. && knot.w < .5 ? vec4(2., 2., 2., 1.) : clip(screen, p.z);
  // Nearer by a good half of the distance to the next row: the line lies on the slope in front of it, not in it.
  at.z -= .36 * lay.x * lay.y / p.z;
  gl_Position = at;
}`;

export const LINE_FRAGMENT = `
in vec4 tint;
in vec2 across;
out vec4 o;
void main() {
  o = tint * clamp(across.y - abs(across.x), 0., 1.);
}`;
