// Shader of the aurora: a hanging ribbon of light whose folds drift slowly and whose rays answer the voices.

export const AURORA_VERTEX = `
uniform vec4 frame;
uniform vec4 ribbon;   // time, strength, height of the foot, height of the curtain
uniform vec3 low, high;
uniform float voices[8];
in vec2 fold;          // along -1..1, up 0..1
out vec3 tint;
float wave(float x, float t) {
  return sin(x * 2.1 + t * .21) * .5 + sin(x * 4.7 - t * .17 + 1.3) * .25 + sin(x * 9.1 + t * .33) * .1;
}
void main() {
  float t = ribbon.x;
  float x = fold.x * .94;
  float s = wave(x * 1.5, t);
  // Rays crowd here and stand apart there: even spacing looks like a fence.
  float w = x + .062 * sin(x * 5.3 + t * .11) + .03 * sin(x * 13.7 - t * .19);
  float rays = .5 + .28 * sin(w * 47. + 7. * s + t * .4) * sin(w * 15. - t * .23) + .22 * sin(w * 83. - 4. * s - t * .6) * sin(x * 6.3 + t * .19);
  int i = int(clamp((x * .5 + .5) * 7.99, 0., 7.));
  float voice = mix(voices[i], voices[min(i + 1, 7)], fract((x * .5 + .5) * 7.99));
  float up = fold.y;
  float fall = up < .2 ? smoothstep(0., .2, up) : pow(1. - (up - .2) / .8, 1.7);
  float ends = smoothstep(.94, .5, abs(x)) * (.55 + .45 * sin(x * 2.3 + t * .13));
  float light = ribbon.y * fall * ends * (.42 + .8 * rays * rays) * (.35 + 1.1 * voice);
  tint = mix(low, high, smoothstep(.05, .75, up)) * max(0., light);
  vec2 at = vec2(x * frame.x * 1.05, ribbon.z + s * ribbon.w * .3 + up * ribbon.w * (.6 + .8 * rays * rays));
  gl_Position = vec4(at / frame.xy, .9993, 1.);
}`;

export const AURORA_FRAGMENT = `
in vec3 tint;
out vec4 o;
void main() { o = vec4(tint, 0.); }`;
