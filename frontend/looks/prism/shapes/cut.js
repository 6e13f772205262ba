// Cut solids: convex bodies given by their planes, as a cutter grinds them. A new one needs directions and distances only.

/** @typedef {[number, number, number]} Vec */
/**
 * One ground plane: unit normal, distance from the middle, and whether it is a main face (0) or a small corner cut (1).
 * @typedef {{n: Vec, w: number, role: 0 | 1}} Plane
 */

const PHI = (1 + Math.sqrt(5)) / 2;

/** @param {number[]} v @returns {Vec} */
const unit = (v) => {
  const l = Math.hypot(...v);
  return [v[0] / l, v[1] / l, v[2] / l];
};

/**
 * All sign changes of a triple, without repeats, and its cyclic shifts when asked for.
 * @param {Vec} v
 * @param {boolean} [cyclic]
 * @returns {Vec[]}
 */
function signs(v, cyclic = false) {
  const found = new Map();
  for (let shift = 0; shift < (cyclic ? 3 : 1); shift++) {
    for (let bits = 0; bits < 8; bits++) {
      const w = v.map((x, i) => (bits >> i & 1 ? -x : x) || 0);
      const turned = [w[shift % 3], w[(shift + 1) % 3], w[(shift + 2) % 3]];
      found.set(turned.join(), unit(turned));
    }
  }
  return [...found.values()];
}

/**
 * @param {Vec[]} faces
 * @param {Vec[]} corners
 * @param {number} size distance of the faces
 * @param {number} cut distance of the corner cuts
 * @returns {Plane[]}
 */
function solid(faces, corners, size, cut) {
  return [
    ...faces.map((n) => /** @type {Plane} */ ({n, w: size, role: 0})),
    ...corners.map((n) => /** @type {Plane} */ ({n, w: cut, role: 1})),
  ];
}

const AXES = signs([1, 0, 0], true);
const DIAGONALS = signs([1, 1, 1]);
const EDGES = signs([1, 1, 0], true);
const TWELVE = signs([0, 1, PHI], true);
const TWENTY = [...DIAGONALS, ...signs([1 / PHI, 0, PHI], true)];
const TETRA = [[0, 1, 0], ...[0, 1, 2].map((i) => [Math.sqrt(8) / 3 * Math.cos(i * 2 * Math.PI / 3), -1 / 3, Math.sqrt(8) / 3 * Math.sin(i * 2 * Math.PI / 3)])].map(unit);

export const cube = () => solid(AXES, EDGES, .62, .84);
export const tetrahedron = () => solid(TETRA.map((v) => unit(v.map((x) => -x))), TETRA, .37, 1.04);
export const octahedron = () => solid(DIAGONALS, AXES, .575, .955);
export const dodecahedron = () => solid(TWELVE, TWENTY, .79, .965);
export const icosahedron = () => solid(TWENTY, TWELVE, .8, .972);

/**
 * A ring of planes around the upright axis.
 * @param {number} count
 * @param {number} slope height of the normal, -1..1
 * @param {number} w
 * @param {0 | 1} role
 * @param {number} [turn] in steps
 * @returns {Plane[]}
 */
function ring(count, slope, w, role, turn = 0) {
  const flat = Math.sqrt(1 - slope * slope);
  return Array.from({length: count}, (_, i) => {
    const a = (i + turn) / count * 2 * Math.PI;
    return {n: /** @type {Vec} */ ([Math.cos(a) * flat, slope, Math.sin(a) * flat]), w, role};
  });
}

/** A drum of crystal: twelve sides and a bevelled rim. */
export const cylinder = () => [
  ...ring(12, 0, .66, 0), {n: /** @type {Vec} */ ([0, 1, 0]), w: .74, role: /** @type {0} */ (0)},
  {n: /** @type {Vec} */ ([0, -1, 0]), w: .74, role: /** @type {0} */ (0)},
  ...ring(12, .707, .93, 0), ...ring(12, -.707, .93, 0),
];

/** A cut spire: ten long facets under a small table, a bevelled foot. */
export const cone = () => [
  ...ring(10, .42, .41, 0), {n: /** @type {Vec} */ ([0, -1, 0]), w: .66, role: /** @type {0} */ (0)},
  ...ring(10, -.62, .84, 0, .5),
];
