// The finish as GLSL: background, haze, glow, vignette, grain and dither of one pixel, shared by every final pass.

// The air is smooth unless it is a picture, so the pass that writes several pixels at once evaluates it once for all of
// them. Luma is taken from the sharp picture and colour from the one with fringes: in NV12 the fringes then cost extra
// fetches in the small chroma plane alone.
export const FINISH = `
uniform sampler2D scene, glowMap, imageMap;
uniform vec2 size;
uniform vec3 airTop, airBottom, hazeColor;  // luma and chroma; the haze with its strength
uniform vec3 hazeShape;   // x, y (0..1), 1 / radius (heights)
uniform vec4 imageShape;  // shift x, y, scale x, y
uniform vec2 horizon;     // position, 1 / (2 * softness)
uniform float glow, vignette, grain, aberration, exposure, imageDim;

const vec3 LUMA = vec3(.2126, .7152, .0722);
vec3 toYuv(vec3 c) {
  return vec3(dot(c, LUMA), dot(c, vec3(-.2126, -.7152, .9278) / 1.8556), dot(c, vec3(.7874, -.7152, -.0722) / 1.5748));
}
vec3 toRgb(vec3 c) {
  return vec3(c.x + 1.5748 * c.z, c.x - .18733 * c.y - .46813 * c.z, c.x + 1.8556 * c.y);
}

// Light is laid over a picture like a second exposure: on luma alone as a screen, which cannot burn out, and its colour
// added, fading towards white as film does. Luma and colour apart is what the encoder wants as well, and it is less
// arithmetic than three channels.
vec3 exposed(vec3 c, vec3 light) {
  return c + light * (1. - c.x);
}

// The haze behind the scene, as light.
vec3 hazeAt(vec2 p) {
  vec2 d = (p - hazeShape.xy) * hazeShape.z * vec2(size.x / size.y, 1.);
  // One over (1 + 2 d^2)^2: a wide skirt without the edge that a Gaussian shows at 8 bits.
  float fall = 1. / (1. + 2. * dot(d, d));
  return hazeColor * (fall * fall);
}

// The air behind the scene as luma and chroma: smooth unless it is a picture.
vec3 airAt(vec2 p) {
#ifdef IMAGE
  vec3 air = toYuv(textureLod(imageMap, (p - .5) * imageShape.zw + .5 + imageShape.xy, 0.).rgb * imageDim);
#else
  float level = clamp((p.y - horizon.x) * horizon.y + .5, 0., 1.);
  vec3 air = mix(airBottom, airTop, level * level * (3. - 2. * level));
#endif
  return exposed(air, hazeAt(p));
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

// A block of 4x4 pixels takes its own value and three shifted ones, so that each stands once in every row and column.
vec4 noiseOf(vec2 block) {
  return fract(noiseAt(block) + vec4(0., .618, .236, .854)) - .5;
}
vec4 noiseRow(vec4 noise, int row) {
  return row == 0 ? noise : row == 1 ? noise.zwyx : row == 2 ? noise.yxwz : noise.wzxy;
}
`;

/**
 * The finished RGB picture for a canvas, or RGBA with straight alpha when TRANSPARENT. GL counts rows from below; with
 * TOP_FIRST row 0 is the picture's upper edge, which is how the bytes leave the GPU.
 */
export const TO_RGB = `${FINISH}
void main() {
#ifdef TOP_FIRST
  vec2 p = vec2(uv.x, 1. - uv.y);
  vec4 s = texelFetch(scene, ivec2(gl_FragCoord.x, size.y - gl_FragCoord.y), 0);
#else
  vec2 p = uv;
  vec4 s = texelFetch(scene, ivec2(gl_FragCoord.xy), 0);
#endif
  vec3 light = texture(glowMap, p).rgb * glow;
#ifdef TRANSPARENT
  float halo = max(light.r, max(light.g, light.b));
  float a = s.a + halo * (1. - s.a);
  vec3 c = toRgb(exposed(toYuv(s.rgb), toYuv(light))) * exposure;
  o = vec4(a > 0. ? clamp(c / a, 0., 1.) : vec3(0.), a);
#else
  vec3 air = airAt(p), l = toYuv(light), c = toYuv(s.rgb) + air * (1. - s.a);
#ifdef FRINGE
  vec2 d = (p - .5) * aberration;
  vec4 r = texture(scene, p + d), b = texture(scene, p - d);
  c.yz = toYuv(vec3(r.r, s.g, b.b)).yz + air.yz * (1. - s.a); // c.x, by which light fades, stays sharp
#endif
  l.x = min(l.x, 1.); // more than all light would leave the dark brighter than the bright
  // Counted from the upper left like the blocks in which the video is made, whose noise this is.
  ivec2 at = ivec2(gl_FragCoord.x, size.y - gl_FragCoord.y);
  float noise = noiseRow(noiseOf(vec2(at >> 2)), at.y & 3)[at.x & 3];
  o = vec4(toRgb(exposed(c, l) * vignetteAt(p)) + noise * (1. + grain) / 255., 1.);
#endif
}`;

/**
 * NV12, four bytes a texel: BT.709, limited range. One fragment makes a block of 4x4 pixels and writes its four rows of
 * luma and its two rows of U and V to six targets, so that background, glow and vignette are worked out once for
 * sixteen pixels and every pixel of the scene is fetched once. Row 0 is the picture's upper edge, which is how the bytes
 * leave the GPU.
 */
export const TO_NV12 = `${FINISH}
layout(location = 1) out vec4 row1;
layout(location = 2) out vec4 row2;
layout(location = 3) out vec4 row3;
layout(location = 4) out vec4 upper;
layout(location = 5) out vec4 lower;

vec4 left = vec4(0.), right = vec4(0.);  // sums of the pixels whose chroma is taken together

vec4 lumaOfRow(int x, int y, vec4 air) {
  vec4 a = texelFetch(scene, ivec2(x, y), 0), b = texelFetch(scene, ivec2(x + 1, y), 0);
  vec4 c = texelFetch(scene, ivec2(x + 2, y), 0), d = texelFetch(scene, ivec2(x + 3, y), 0);
  left += a + b;
  right += c + d;
  vec4 own = vec4(dot(a.rgb, LUMA), dot(b.rgb, LUMA), dot(c.rgb, LUMA), dot(d.rgb, LUMA));
  return own + air * (1. - vec4(a.a, b.a, c.a, d.a));
}

// A slope may lead beyond all light or none.
vec4 finished(vec4 c, vec4 light) {
  return c + clamp(light, 0., 1.) * (1. - c);
}

// The air's luma in a row: a picture has its own in every pixel, all else a slope down the block.
vec4 airOfRow(vec2 p, float offset, vec3 air, float climb) {
#ifdef IMAGE
  vec2 w = vec2(1., 0.) / size;
  p -= vec2(0., offset) / size;
  return vec4(airAt(p - 1.5 * w).x, airAt(p - .5 * w).x, airAt(p + .5 * w).x, airAt(p + 1.5 * w).x);
#else
  return vec4(air.x + offset * climb);
#endif
}

// Red and blue from further out and further in.
vec4 fringed(vec4 c, vec2 p) {
#ifdef FRINGE
  vec2 s = (p - .5) * aberration;
  c.r = textureLod(scene, p + s, 0.).r;
  c.b = textureLod(scene, p - s, 0.).b;
#endif
  return c;
}

// U and V of one pair around nought; fringes are in colour alone, so the light fades by the sharp luma.
vec2 chroma(vec4 mean, vec2 p, vec3 air, vec2 light) {
#ifdef IMAGE
  air = airAt(p);
#endif
  float luma = dot(mean.rgb, LUMA) + air.x * (1. - mean.a);
  return toYuv(fringed(mean, p).rgb).yz + air.yz * (1. - mean.a) + light * (1. - luma);
}
vec4 pairs(vec2 p, vec3 air, vec2 light) {
  vec2 w = vec2(1., 0.) / size;
  vec4 made = vec4(chroma(left * .25, p - w, air, light), chroma(right * .25, p + w, air, light));
  left = right = vec4(0.);
  return made;
}

void main() {
  ivec2 q = ivec2(gl_FragCoord.xy);
  int x = q.x * 4, y = int(size.y) - 1 - q.y * 4;
  vec2 p = vec2(float(x) + 2., float(y) - 1.) / size, down = vec2(0., -1.) / size;
  vec3 air = airAt(p);
  vec3 light = toYuv(textureLod(glowMap, p, 0.).rgb) * glow;
  light.x = min(light.x, 1.);
  float v = vignetteAt(p) / 255., scale = 219. * v;
  vec4 noise = noiseOf(vec2(q)) / 255., base = 128. / 255. + noise.xzyw;
  noise = noise * (1. + grain) + 16. / 255.;
  // Air and glow have flanks: without their slope across the block they would show as steps four pixels wide.
  float climb = dFdy(air.x) * .25, rise = dFdy(light.x) * .25;
  vec4 flank = light.x + dFdx(light.x) * vec4(-.375, -.125, .125, .375);
  o = finished(lumaOfRow(x, y, airOfRow(p, -1.5, air, climb)), flank - 1.5 * rise) * scale + noiseRow(noise, 0);
  row1 = finished(lumaOfRow(x, y - 1, airOfRow(p, -.5, air, climb)), flank - .5 * rise) * scale + noiseRow(noise, 1);
  upper = pairs(p - down, air, light.yz) * (224. * v) + base;
  row2 = finished(lumaOfRow(x, y - 2, airOfRow(p, .5, air, climb)), flank + .5 * rise) * scale + noiseRow(noise, 2);
  row3 = finished(lumaOfRow(x, y - 3, airOfRow(p, 1.5, air, climb)), flank + 1.5 * rise) * scale + noiseRow(noise, 3);
  lower = pairs(p + down, air, light.yz) * (224. * v) + base.zwxy;
}`;
