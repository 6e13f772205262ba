// Shaders of the disc in the middle; each body is a variant of one material.

const BODY = `
uniform vec4 light;   // direction x, y of the light, strength of the rim, flash 0..1
uniform vec4 place;   // radius; cos and sin of the turn; the sound that the ring throws back
uniform vec3 deep, bass, treble, glint;
// A shoulder as on film, without an exponential.
vec3 film(vec3 c) { return c * (1. + .3 * c) / (1. + c * (.55 + .3 * c)); }

#ifdef PLANET
vec4 body(vec2 p, float r) {
  float z = sqrt(max(0., 1. - r * r));
  float side = dot(p, light.xy);
  // Lit from behind: a crescent that hugs the edge, and a breath of the sky's light over the rest.
  float behind = max(0., side * 1.02 - z * .42);
  float thin = 1. - z;
  vec3 c = deep * (.62 + .5 * side) + treble * (.05 * max(0., .4 - side));
  c += mix(bass, glint, behind * behind * .9) * (behind * behind * (1.1 + 1.4 * light.w));
  // The ring lights what it surrounds, each part in its own colour.
  c += mix(bass, treble, .5 + .5 * p.y) * (thin * thin * thin * (.1 + .55 * light.z) + thin * .07 * place.w);
  return vec4(film(c), 1.);
}
#endif

#ifdef SUN
vec4 body(vec2 p, float r) {
  float y = p.y * .5 + .5;
  vec3 c = mix(bass, treble, smoothstep(.1, 1.05, y));
  c = mix(c, glint, .34 * smoothstep(.62, 1.25, y + .3 * r * r));
  return vec4(c * (.9 + .1 * light.w) * mix(.42, 1., smoothstep(-.05, .62, y)), smoothstep(-1.1, -.05, p.y));
}
#endif
`;

/**
 * Spheres face the camera, and their light is so smooth that it is worked out at the corners of the mesh; cover and record
 * lie in the plane of the ring.
 */
export const DISC_PLACE = `${BODY}
in vec3 position;
out vec2 p;
out vec4 lit;
void main() {
  p = position.xy;
  lit = vec4(0.);
#if defined(PLANET) || defined(SUN)
  lit = body(p, min(1., length(p)));
#endif
#if defined(PLANET) || defined(ECLIPSE) || defined(SUN)
  gl_Position = toClip(vec3((position.xy * place.x + frame.xy) * unit, 0.));
#else
  gl_Position = toClip(project(mat2(place.y, place.z, -place.z, place.y) * position.xy * place.x));
#endif
}`;

export const DISC_INK = `
in vec2 p;
in vec4 lit;
uniform sampler2D picture, song;
${BODY}

#ifdef COVER
vec4 shade(float r) {
  vec3 c = texture(picture, p * .5 * (.985 - .03 * light.w) + .5).rgb;
  // A little below full: paper white would outshine the ring.
  return vec4(c * (.9 - .2 * r * r * r * r), 1.);
}
#endif

#ifdef ECLIPSE
vec4 shade(float r) {
  float side = dot(p, light.xy);
  float rim = r * r; rim *= rim; rim *= rim; rim *= rim * rim; rim *= rim;
  // The bead of light that breaks through first, and a thin ring that runs out from it.
  vec2 d = p - light.xy * .985;
  float bead = 1. / (1. + dot(d, d) * mix(900., 260., light.w));
  vec3 c = deep * .18 * r * r + mix(treble, glint, .5 + .5 * side) * rim * (.3 + .5 * light.z + .9 * max(0., side) * side);
  return vec4(film(c + glint * bead * bead * (1.4 + 2. * light.w)), 1.);
}
#endif

#ifdef RECORD
vec4 shade(float r) {
  vec2 d = p / max(r, .001);
  // Grooves reflect at right angles to themselves: two sheaves of light that stand while the record turns.
  float a = dot(d, light.xy), b = 1. - a * a;
  float wide = a * a; wide *= wide; wide *= wide;
  float fine = b * b; fine *= fine; fine *= fine;
  vec2 cut = texture(song, vec2(r, .5)).rg;
  return vec4(deep * (.3 + .8 * cut.y) + (glint * (wide * .36) + treble * (fine * .24)) * cut.x, 1.);
}
#endif

#ifdef LABEL
vec4 shade(float r) {
#ifdef PICTURE
  vec3 c = texture(picture, p * .5 + .5).rgb;
#else
  vec3 c = mix(bass, treble, smoothstep(-.95, .95, p.y)) * .8;
  float edge = 1.5 * fwidth(r);
  c = mix(c, deep, .6 * smoothstep(edge, 0., min(abs(r - .87) - .008, abs(r - .36) - .005)));
#endif
  c *= .92 + .1 * light.w;
  return vec4(mix(deep * .5, c, smoothstep(.05, .07, r)), 1.);
}
#endif

void main() {
  float r = length(p);
  float cover = clamp((1. - r) / fwidth(r) + .5, 0., 1.);
#if defined(PLANET) || defined(SUN)
  vec4 c = lit;
#else
  vec4 c = shade(r);
#endif
  cover *= c.a;
  o = vec4(c.rgb * cover, cover);
}`;
