// Smooth bodies as meshes: a point for each pair of parameters is all that a shape has to give; normals are differences.

/** @typedef {(u: number, v: number) => number[]} Point x, y, z for u and v in 0..1 */
/**
 * @typedef {object} SurfaceMesh
 * @property {Float32Array} position
 * @property {Float32Array} normal
 * @property {Float32Array} line a whole number wherever a line of light runs
 * @property {Float32Array} tone place on the palette, 0..1
 * @property {Uint16Array} index
 * @property {Uint16Array} coarse every other row and column: enough for the floor
 */
/**
 * @typedef {object} Traits
 * @property {(u: number, v: number, p: number[]) => number} line
 * @property {(u: number, v: number, p: number[]) => number} tone
 */

const STEP = 2e-4;

/** @param {number[]} a @param {number[]} b */
const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/** @param {number[]} a @param {number[]} b @returns {number[]} unit vector across both */
export function across(a, b) {
  const v = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const l = Math.hypot(v[0], v[1], v[2]) || 1;
  return v.map((x) => x / l);
}

/**
 * A patch of (across + 1) x (along + 1) points; seams are doubled, so that what is closed may also twist.
 * @param {number} along steps of u
 * @param {number} around steps of v
 * @param {Point} point
 * @param {Traits} traits
 * @returns {SurfaceMesh}
 */
export function patch(along, around, point, traits) {
  const mesh = emptyMesh((along + 1) * (around + 1), along * around);
  for (let i = 0, k = 0; i <= along; i++) {
    for (let j = 0; j <= around; j++, k++) {
      const [u, v] = [i / along, j / around];
      const p = point(u, v);
      const n = across(
        minus(point(u + STEP, v), point(u - STEP, v)), minus(point(u, v + STEP), point(u, v - STEP)),
      );
      write(mesh, k, p, n, traits.line(u, v, p), traits.tone(u, v, p));
    }
  }
  quads(mesh.index, along, around, 0, 0, 1);
  quads(mesh.coarse, along, around, 0, 0, 2);
  return mesh;
}

/**
 * A body around the middle as six warped squares: no poles, so nothing is pinched.
 * @param {number} steps on each side of a square
 * @param {(d: number[]) => number[]} point for a direction
 * @param {(d: number[], p: number[]) => number} line
 * @returns {SurfaceMesh}
 */
export function around(steps, point, line) {
  const mesh = emptyMesh(6 * (steps + 1) ** 2, 6 * steps * steps);
  let k = 0;
  SIDES.forEach(([out, right, up], side) => {
    for (let i = 0; i <= steps; i++) {
      for (let j = 0; j <= steps; j++, k++) {
        // The tangent spreads the squares evenly over the sphere.
        const [a, b] = [Math.tan((i / steps - .5) * Math.PI / 2), Math.tan((j / steps - .5) * Math.PI / 2)];
        const d = unit(out.map((x, c) => x + right[c] * a + up[c] * b));
        const near = (/** @type {number[]} */ t, /** @type {number} */ s) => point(unit(d.map((x, c) => x + t[c] * s)));
        const t = across(d, Math.abs(d[1]) < .8 ? [0, 1, 0] : [1, 0, 0]);
        const s = across(d, t);
        const p = point(d);
        const n = across(minus(near(t, STEP), near(t, -STEP)), minus(near(s, STEP), near(s, -STEP)));
        write(mesh, k, p, n, line(d, p), .5 + .5 * d[1]);
      }
    }
    quads(mesh.index, steps, steps, side * (steps + 1) ** 2, side * steps * steps * 6, 1);
    quads(mesh.coarse, steps, steps, side * (steps + 1) ** 2, side * steps * steps * 1.5, 2);
  });
  return mesh;
}

/** @type {number[][][]} */
const SIDES = [
  [[1, 0, 0], [0, 0, -1], [0, 1, 0]], [[-1, 0, 0], [0, 0, 1], [0, 1, 0]], [[0, 1, 0], [1, 0, 0], [0, 0, -1]],
  [[0, -1, 0], [1, 0, 0], [0, 0, 1]], [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0, 0, -1], [-1, 0, 0], [0, 1, 0]],
];

/** @param {number[]} v */
const unit = (v) => {
  const l = Math.hypot(v[0], v[1], v[2]);
  return v.map((x) => x / l);
};

/** @param {number} points @param {number} squares @returns {SurfaceMesh} */
function emptyMesh(points, squares) {
  return {
    position: new Float32Array(points * 3), normal: new Float32Array(points * 3), line: new Float32Array(points),
    tone: new Float32Array(points), index: new Uint16Array(squares * 6), coarse: new Uint16Array(squares * 1.5),
  };
}

/** @param {SurfaceMesh} mesh @param {number} k @param {number[]} p @param {number[]} n @param {number} line @param {number} tone */
function write(mesh, k, p, n, line, tone) {
  mesh.position.set(p, k * 3);
  mesh.normal.set(n, k * 3);
  mesh.line[k] = line;
  mesh.tone[k] = tone;
}

/**
 * @param {Uint16Array} index
 * @param {number} across squares
 * @param {number} up squares
 * @param {number} first point
 * @param {number} at where to write
 * @param {number} stride 1 = all points, 2 = every other
 */
function quads(index, across, up, first, at, stride) {
  for (let i = 0; i < across; i += stride) {
    for (let j = 0; j < up; j += stride, at += 6) {
      const a = first + i * (up + 1) + j;
      const b = a + (up + 1) * stride;
      index.set([a, b, a + stride, a + stride, b, b + stride], at);
    }
  }
}

/** @param {SurfaceMesh[]} parts @returns {SurfaceMesh} */
export function joined(parts) {
  const points = parts.reduce((sum, {line}) => sum + line.length, 0);
  const mesh = emptyMesh(points, parts.reduce((sum, {index}) => sum + index.length, 0) / 6);
  let [k, at, sparse] = [0, 0, 0];
  for (const part of parts) {
    mesh.position.set(part.position, k * 3);
    mesh.normal.set(part.normal, k * 3);
    mesh.line.set(part.line, k);
    mesh.tone.set(part.tone, k);
    mesh.index.set(part.index.map((i) => i + k), at);
    mesh.coarse.set(part.coarse.map((i) => i + k), sparse);
    k += part.line.length;
    at += part.index.length;
    sparse += part.coarse.length;
  }
  return mesh;
}
