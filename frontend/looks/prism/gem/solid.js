// A convex solid from its planes: turned, its facets found again for every frame, so that each plane may move by itself.
import {clip, Polygon} from './polygon.js';

/** @typedef {import('../shapes/cut.js').Plane} Plane */

const FAR = 4;

export class Solid {
  /** @param {Plane[]} planes */
  constructor(planes) {
    this.planes = planes;
    this.count = planes.length;
    /** Normals in the room's axes, three numbers each. */
    this.normals = new Float64Array(this.count * 3);
    this.distances = new Float64Array(this.count);
    this.facets = planes.map(() => new Polygon());
    /** @private */
    this.spare = new Polygon();
  }

  /**
   * @param {ArrayLike<number>} turn column-major 3x3 rotation
   * @param {(index: number) => number} distance of each plane from the middle
   */
  shape(turn, distance) {
    this.planes.forEach(({n}, i) => {
      for (let c = 0; c < 3; c++) this.normals[i * 3 + c] = turn[c] * n[0] + turn[3 + c] * n[1] + turn[6 + c] * n[2];
      this.distances[i] = distance(i);
    });
    for (let i = 0; i < this.count; i++) this.facet(i);
  }

  /**
   * A large square in the plane, counter-clockwise seen from outside, cut by all other planes.
   * @param {number} i
   */
  facet(i) {
    const {normals: n, distances} = this;
    let polygon = square(this.facets[i], n[i * 3], n[i * 3 + 1], n[i * 3 + 2], distances[i]);
    let spare = this.spare;
    for (let k = 0; k < this.count && polygon.count; k++) {
      if (k === i) continue;
      const cut = clip(polygon, n[k * 3], n[k * 3 + 1], n[k * 3 + 2], distances[k], k, spare);
      if (cut !== polygon) [polygon, spare] = [cut, polygon];
    }
    if (polygon.count < 3) polygon.clear();
    this.facets[i] = polygon;
    this.spare = spare;
  }
}

/**
 * @param {Polygon} out
 * @param {number} x
 * @param {number} y
 * @param {number} z
 * @param {number} w
 */
function square(out, x, y, z, w) {
  // Any axis that is not near the normal gives the plane's own two.
  const [ax, ay, az] = Math.abs(y) < .8 ? [0, 1, 0] : [1, 0, 0];
  let [ux, uy, uz] = [ay * z - az * y, az * x - ax * z, ax * y - ay * x];
  const l = FAR / Math.hypot(ux, uy, uz);
  ux *= l; uy *= l; uz *= l;
  const [vx, vy, vz] = [y * uz - z * uy, z * ux - x * uz, x * uy - y * ux];
  out.clear();
  for (const [a, b] of CORNERS) out.add(x * w + ux * a + vx * b, y * w + uy * a + vy * b, z * w + uz * a + vz * b, -1);
  return out;
}

const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
