// The finish as GLSL: background, haze, glow, vignette, grain and dither of one pixel, shared by every final pass.

// `airAt` is smooth, so the passes that write several pixels at once evaluate it once for all of them.
// Luma is taken from the sharp picture and colour from the one with fringes: in I420 the fringes then cost extra fetches
// in the small chroma planes alone.
export const FINISH = `
uniform sampler2D scene, glowMap, imageMap;
uniform vec2 size;
uniform vec3 airTop, airBottom, hazeColor;
uniform vec4 hazeShape;   // x, y (0..1), 1 / radius (heights), strength
uniform vec4 imageShape;  // shift x, y, scale x, y
uniform vec2 horizon;     // position, 1 / (2 * softness)
uniform float glow, vignette, grain, aberration, exposure, imageDim, opaque;

const vec3 LUMA = vec3(.2126, .7152, .0722);

vec3 airAt(vec2 p) {
  float level = clamp((p.y - horizon.x) * horizon.y + .5, 0., 1.);
  vec3 air = mix(airBottom, airTop, level * level * (3. - 2. * level));
#ifdef IMAGE
  air = texture(imageMap, (p - .5) * imageShape.zw + .5 + imageShape.xy).rgb * imageDim;
#endif
  vec2 d = (p - hazeShape.xy) * vec2(size.x / size.y, 1.) * hazeShape.z;
  // Two over (2 + d^2)^2-like falloff: a wide skirt without the edge that a Gaussian shows at 8 bits.
  float fall = 1. / (1. + 2. * dot(d, d));
  vec3 light = hazeColor * (hazeShape.w * fall * fall);
  return (air + light * (1. - air)) * opaque;
}

float vignetteAt(vec2 p) {
  vec2 d = p - .5;
  float r = dot(d, d) * 2.;
  return exposure * (1. - vignette * r * (1.6 - .6 * r));
}

// Interleaved gradient noise (Jimenez 2014): spreads the quantisation error of dark gradients evenly, and stands still,
// because moving noise is what an encoder pays for. One level of 8 bits, plus the grain.
float noiseAt(vec2 pixel) {
  return fract(52.9829189 * fract(dot(pixel, vec2(.06711056, .00583715)))) - .5;
}

// The noise of one pixel, counted from the lower left: the page shows the same as the video, which is made in blocks of
// 4x2 pixels.
float noiseOf(ivec2 pixel) {
  ivec2 at = ivec2(pixel.x, int(size.y) - 1 - pixel.y);
  vec4 noise = fract(noiseAt(vec2(at.x >> 2, at.y >> 1)) + vec4(0., .618, .236, .854));
  return ((at.y & 1) == 0 ? noise : noise.zwyx)[at.x & 3] - .5;
}

// Light is laid over the scene like a second exposure: on luma alone as a screen, which cannot burn out, and its colour
// added, fading towards white as film does. Luma and colour apart is what the encoder wants as well, and it is half the
// arithmetic of three channels.
vec3 toYuv(vec3 c) {
  return vec3(dot(c, LUMA), dot(c, vec3(-.2126, -.7152, .9278) / 1.8556), dot(c, vec3(.7874, -.7152, -.0722) / 1.5748));
}
vec3 toRgb(vec3 c) {
  return vec3(c.x + 1.5748 * c.z, c.x - .18733 * c.y - .46813 * c.z, c.x + 1.8556 * c.y);
}
`;

/** The finished RGB picture for a canvas, or RGBA with straight alpha when TRANSPARENT. */
export const TO_RGB = `${FINISH}
void main() {
  vec2 p = uv;
  vec4 s = texelFetch(scene, ivec2(gl_FragCoord.xy), 0);
  vec3 light = texture(glowMap, p).rgb * glow;
#ifdef TRANSPARENT
  float halo = max(light.r, max(light.g, light.b));
  float a = s.a + halo * (1. - s.a);
  vec3 c = toYuv(s.rgb), l = toYuv(light);
  c = toRgb(vec3(c.x + l.x * (1. - c.x), c.yz + l.yz * (1. - c.x))) * exposure;
  o = vec4(a > 0. ? clamp(c / a, 0., 1.) : vec3(0.), a);
#else
  vec3 air = toYuv(airAt(p)), l = toYuv(light), c = toYuv(s.rgb) + air * (1. - s.a);
#ifdef FRINGE
  vec2 d = (p - .5) * aberration;
  vec4 r = texture(scene, p + d), b = texture(scene, p - d);
  c.yz = toYuv(vec3(r.r, s.g, b.b)).yz + air.yz * (1. - s.a);
#endif
  l.x = min(l.x, 1.); // more than all light would leave the dark brighter than the bright
  c = vec3(c.x + l.x * (1. - c.x), c.yz + l.yz * (1. - c.x)) * vignetteAt(p);
  o = vec4(toRgb(c) + noiseOf(ivec2(gl_FragCoord.xy)) * (1. + grain) / 255., 1.);
#endif
}`;

/**
 * NV12, four bytes a texel: BT.709, limited range. One fragment makes a block of 4x2 pixels and writes its upper luma
 * row, its lower luma row and its two pairs of U and V to three targets, so that background, glow and vignette are
 * worked out once for eight pixels and every pixel of the scene is fetched once. Row 0 is the picture's upper edge,
 * which is how the bytes leave the GPU.
 */
export const TO_NV12 = `${FINISH}
layout(location = 1) out vec4 lower;
layout(location = 2) out vec4 chroma;
void main() {
  ivec2 q = ivec2(gl_FragCoord.xy);
  int x = q.x * 4, y = int(size.y) - 1 - q.y * 2;
  vec2 p = vec2(float(x) + 2., float(y)) / size;
  vec3 air = toYuv(airAt(p));
  vec3 light = toYuv(textureLod(glowMap, p, 0.).rgb) * glow;
  light.x = min(light.x, 1.);
  float v = vignetteAt(p);
  vec4 a = texelFetch(scene, ivec2(x, y), 0), b = texelFetch(scene, ivec2(x + 1, y), 0);
  vec4 c = texelFetch(scene, ivec2(x + 2, y), 0), d = texelFetch(scene, ivec2(x + 3, y), 0);
  vec4 e = texelFetch(scene, ivec2(x, y - 1), 0), f = texelFetch(scene, ivec2(x + 1, y - 1), 0);
  vec4 g = texelFetch(scene, ivec2(x + 2, y - 1), 0), h = texelFetch(scene, ivec2(x + 3, y - 1), 0);
  // The glow has steep flanks: without its slope across the block they would show as steps four pixels wide.
  vec4 glint = light.x + dFdx(light.x) * vec4(-.375, -.125, .125, .375);
  vec4 k = vec4(LUMA, -air.x);
  vec4 top = vec4(dot(a, k), dot(b, k), dot(c, k), dot(d, k)) + air.x;
  vec4 low = vec4(dot(e, k), dot(f, k), dot(g, k), dot(h, k)) + air.x;
  float scale = 219. * v;
  vec4 noise = fract(noiseAt(vec2(q)) + vec4(0., .618, .236, .854));
  top = (top + glint * (1. - top)) * scale + 15.5 + noise;
  low = (low + glint * (1. - low)) * scale + 15.5 + noise.zwyx;
#ifdef GRAIN
  top += (noise - .5) * grain;
  low += (noise.zwyx - .5) * grain;
#endif
  o = top / 255.;
  lower = low / 255.;
  vec4 m = (a + b + e + f) * .25, n = (c + d + g + h) * .25;
#ifdef FRINGE
  vec2 s = (p - .5) * aberration, w = vec2(1., 0.) / size;
  m.r = textureLod(scene, p - w + s, 0.).r; m.b = textureLod(scene, p - w - s, 0.).b;
  n.r = textureLod(scene, p + w + s, 0.).r; n.b = textureLod(scene, p + w - s, 0.).b;
#endif
  vec3 s1 = toYuv(m.rgb) + air * (1. - m.a), s2 = toYuv(n.rgb) + air * (1. - n.a);
  chroma = (128. + (224. * v) * vec4(s1.yz + light.yz * (1. - s1.x), s2.yz + light.yz * (1. - s2.x)) + noise.xzyw - .5) / 255.;
}`;
