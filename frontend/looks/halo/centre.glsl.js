// Shaders of the disc in the middle; each body is a variant of one material.

/** Spheres face the camera; cover and record lie in the plane of the ring. */
export const DISC_PLACE = `
in vec3 position;
uniform vec4 place;   // radius, cos and sin of its turn
out vec2 p;
void main() {
  p = position.xy;
#if defined(ECLIPSE) || defined(SUN)
  gl_Position = toClip(vec3((position.xy * place.x + frame.xy) * unit, 0.));
#else
  gl_Position = toClip(project(mat2(place.y, place.z, -place.z, place.y) * position.xy * place.x));
#endif
}`;

export const DISC_INK = `
in vec2 p;
uniform vec4 light;   // direction x, y of the light, strength of the rim, flash 0..1
uniform vec4 place;
uniform vec3 deep, bass, treble, glint, rim;
uniform sampler2D picture, song;

vec3 film(vec3 c) { return 1. - exp(-c); }

#ifdef COVER
vec3 body(float r) {
  vec3 c = texture(picture, p * .5 * (.985 - .03 * light.w) + .5).rgb;
  return c * (1. - .22 * r * r * r * r);
}
#endif

#ifdef ECLIPSE
vec3 body(float r) {
  float z = sqrt(max(0., 1. - r * r));
  float side = dot(p, light.xy);
  // Lit from behind: a crescent that hugs the edge, and a breath of the sky's light over the rest.
  float behind = max(0., side * .96 - z * .3);
  float thin = 1. - z;
  vec3 c = deep * (.62 + .5 * side) + treble * (.05 * max(0., .4 - side));
  c += mix(bass, glint, behind) * (behind * behind * (1.1 + 1.4 * light.w));
  c += treble * (thin * thin * thin * (.16 + .5 * light.z) * (.4 + .6 * max(0., -side)));
  return film(c * 1.15);
}
#endif

#ifdef SUN
vec3 body(float r) {
  float y = p.y * .5 + .5;
  vec3 c = mix(bass, treble, smoothstep(.05, .95, y));
  c = mix(c, glint, .55 * smoothstep(.45, 1.1, y + .2 * r * r));
  return c * (.9 + .1 * light.w) * mix(.42, 1., smoothstep(-.05, .62, y));
}
#endif

#ifdef RECORD
vec3 body(float r) {
  vec2 d = p / max(r, .001);
  // Grooves reflect at right angles to themselves: two sheaves of light that stand while the record turns.
  float a = dot(d, light.xy), b = dot(d, vec2(-light.y, light.x));
  float wide = a * a; wide *= wide; wide *= wide;
  float fine = b * b; fine *= fine; fine *= fine; fine *= fine;
  float loud = texture(song, vec2((r - .4) / .56, .5)).r;
  float groove = .5 + .5 * sin(r * 190.);
  float pressed = smoothstep(.385, .4, r) * (1. - smoothstep(.955, .965, r));
  float cut = mix(.55, .35 + .9 * loud, pressed) * (.9 + .1 * groove * pressed);
  vec3 c = deep * .35 + mix(glint, bass, .35) * wide * .5 * cut + treble * fine * .34 * cut + deep * 1.4 * loud * pressed;
  c += glint * light.w * .3 * exp(-abs(r - place.w) * 90.);
  float edge = fwidth(r) * .75;
  float label = 1. - smoothstep(.36 - edge, .36 + edge, r);
#ifdef PICTURE
  vec3 print = texture(picture, p / .36 * .5 + .5).rgb;
#else
  vec3 print = mix(bass, treble, smoothstep(-.34, .34, p.y)) * .92;
  print = mix(print, deep, .55 * smoothstep(edge, -edge, abs(r - .3) - .004));
#endif
  c = mix(film(c * 1.2), print * (.92 + .1 * light.w), label);
  return mix(c, deep * .5, 1. - smoothstep(.022 - edge, .022 + edge, r));
}
#endif

void main() {
  float r = length(p);
  float cover = clamp((1. - r) / fwidth(r) + .5, 0., 1.);
  vec3 c = body(r);
#ifdef SUN
  cover *= smoothstep(-1.1, -.05, p.y);
#endif
  o = vec4(c * cover, cover);
}`;
