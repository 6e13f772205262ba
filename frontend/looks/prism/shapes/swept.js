// Bodies swept along a curve: a closed section that travels, turns and changes its size.
import {across, joined, patch} from './grid.js';

const {sin, cos, PI} = Math;
const TURN = 2 * PI;

/**
 * A rounded section: between an ellipse (1) and a rectangle (towards 0).
 * @param {number} v 0..1
 * @param {number} round
 */
function section(v, round) {
  const [x, y] = [cos(v * TURN), sin(v * TURN)];
  return [Math.sign(x) * Math.abs(x) ** round, Math.sign(y) * Math.abs(y) ** round];
}

/**
 * @param {number[]} c centre
 * @param {number[]} e first axis of the section
 * @param {number[]} f second axis
 * @param {number} a
 * @param {number} b
 */
const at = (c, e, f, a, b) => c.map((x, i) => x + e[i] * a + f[i] * b);

export function torus() {
  return patch(72, 24, (u, v) => {
    const [r, y] = [.72 + .3 * cos(v * TURN), .3 * sin(v * TURN)];
    return [r * cos(u * TURN), y, -r * sin(u * TURN)];
  }, {line: (u, v) => v * 3 + u * 4, tone: (u, v) => .5 + .5 * sin((v + u) * TURN)});
}

/** @param {number} u @returns {number[]} */
function knotAt(u) {
  const [a, b] = [u * 2 * TURN, u * 3 * TURN];
  const r = .36 * (2 + cos(b));
  return [r * cos(a), r * sin(a), .42 * sin(b)];
}

export function torusKnot() {
  const w = .2;
  return patch(156, 18, (u, v) => {
    const [p, q] = [knotAt(u - .0005), knotAt(u + .0005)];
    const along = q.map((x, i) => x - p[i]);
    const b = across(along, q.map((x, i) => x + p[i]));
    const n = across(b, along);
    // The section makes whole turns on its way, so the ends meet.
    const [x, y] = section(v, .8);
    const [s, c] = [sin(u * 2 * TURN), cos(u * 2 * TURN)];
    return at(knotAt(u), n, b, -w * (x * c - y * s), w * (x * s + y * c));
  }, {line: (_u, v) => v * 2, tone: (u) => .5 + .5 * cos(u * TURN)});
}

/** A broad band with one half turn; its two rims are one line. */
export function mobius() {
  return patch(88, 24, (u, v) => {
    const a = u * TURN;
    const [s, c] = [sin(a / 2), cos(a / 2)];
    const [x, y] = section(v, .7);
    const out = [cos(a), 0, -sin(a)];
    const e = [out[0] * c, s, out[2] * c];
    const f = [-out[0] * s, c, -out[2] * s];
    return at(out.map((k) => k * .7), e, f, .36 * x, .06 * y);
  }, {line: (_u, v) => v * 2, tone: (u) => .5 + .5 * cos(u * TURN)});
}

/** Two strands around an upright axis, thinning out to both ends. */
export function helix() {
  return joined([0, .5].map((start) => patch(100, 12, (u, v) => {
    const a = (start + u * 1.6) * TURN;
    const end = Math.sqrt(Math.max(1e-6, 1 - (2 * Math.min(.99999, Math.max(.00001, u)) - 1) ** 2));
    const w = .125 * end ** .8;
    const r = .56 * (.6 + .4 * end);
    const [x, y] = section(v, .85);
    const out = [cos(a), 0, -sin(a)];
    const centre = [out[0] * r, (u - .5) * 1.95, out[2] * r];
    return at(centre, [-out[0], -out[1], -out[2]], [0, 1, 0], -w * x * .75, w * y * 1.3);
  }, {line: (_u, v) => v * 2, tone: (u) => start + .5 * u})));
}
