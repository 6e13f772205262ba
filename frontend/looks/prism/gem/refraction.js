// What is seen through a facet of a convex solid: the far facets, shifted by refraction, each with the direction in which
// its light leaves. Cut on the CPU into polygons, so that every pixel of the solid is shaded once.
import {clip} from './polygon.js';

/** @typedef {import('./polygon.js').Polygon} Polygon */
/** @typedef {import('./solid.js').Solid} Solid */

/** Where light leaves: direction, last facet, length of the way, what total reflections have left of it. */
const out = {x: 0, y: 0, z: 0, face: 0, length: 0, left: 1};

/**
 * Follow a ray inside the solid until it leaves; total reflections turn it a few times at most.
 * @param {Solid} solid
 * @param {ArrayLike<number>} start
 * @param {number} dx unit direction
 * @param {number} dy
 * @param {number} dz
 * @param {number} index of refraction
 */
export function follow(solid, start, dx, dy, dz, index) {
  const {normals: n} = solid;
  let [px, py, pz] = [start[0], start[1], start[2]];
  out.length = 0;
  out.left = 1;
  for (let bounce = 0; bounce < 4; bounce++) {
    const face = struck(solid, px, py, pz, dx, dy, dz);
    if (face < 0) break;
    px += dx * way; py += dy * way; pz += dz * way;
    out.length += way;
    out.face = face;
    const [nx, ny, nz] = [n[face * 3], n[face * 3 + 1], n[face * 3 + 2]];
    const c = dx * nx + dy * ny + dz * nz;
    const k = 1 - index * index * (1 - c * c);
    if (k > 0) {
      const bend = index * c - Math.sqrt(k);
      dx = index * dx - bend * nx; dy = index * dy - bend * ny; dz = index * dz - bend * nz;
      break;
    }
    dx -= 2 * c * nx; dy -= 2 * c * ny; dz -= 2 * c * nz;
    out.left *= .88;
  }
  [out.x, out.y, out.z] = [dx, dy, dz];
  return out;
}

let way = 0;

/**
 * The facet that a ray from inside meets first; -1 for none. Leaves the length of its way in `way`.
 * @param {Solid} solid
 * @param {number} px
 * @param {number} py
 * @param {number} pz
 * @param {number} dx
 * @param {number} dy
 * @param {number} dz
 */
function struck({normals: n, distances: w, count}, px, py, pz, dx, dy, dz) {
  let face = -1;
  way = 1e9;
  for (let k = 0; k < count; k++) {
    const toward = n[k * 3] * dx + n[k * 3 + 1] * dy + n[k * 3 + 2] * dz;
    if (toward < 1e-5) continue;
    const t = (w[k] - n[k * 3] * px - n[k * 3 + 1] * py - n[k * 3 + 2] * pz) / toward;
    if (t > 1e-5 && t < way) [way, face] = [t, k];
  }
  return face;
}

/**
 * Move a polygon along a direction into a plane: what a parallel beam would paint there.
 * @param {Polygon} from
 * @param {Solid} solid
 * @param {number} plane
 * @param {ArrayLike<number>} d direction
 * @param {Polygon} to may be the same
 */
export function cast({points, labels, count}, {normals: n, distances}, plane, d, to) {
  const [nx, ny, nz] = [n[plane * 3], n[plane * 3 + 1], n[plane * 3 + 2]];
  const across = nx * d[0] + ny * d[1] + nz * d[2];
  to.clear();
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [points[i * 3], points[i * 3 + 1], points[i * 3 + 2]];
    const s = (distances[plane] - nx * x - ny * y - nz * z) / across;
    to.add(x + d[0] * s, y + d[1] * s, z + d[2] * s, labels[i]);
  }
  return to;
}

/**
 * The part of a polygon that lies within another of the same plane; edges that come from the frame are labelled -1.
 * @param {Polygon} polygon
 * @param {Polygon} frame convex, either way round
 * @param {ArrayLike<number>} normal of the plane
 * @param {Polygon} spare
 * @returns {Polygon | null} one of `polygon` and `spare`
 */
export function within(polygon, {points: p, count}, normal, spare) {
  const side = turning(p, count, normal);
  for (let i = 0; i < count && polygon.count; i++) {
    const a = i * 3;
    const b = i + 1 === count ? 0 : a + 3;
    const [ex, ey, ez] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
    const l = Math.hypot(ex, ey, ez) * side;
    if (Math.abs(l) < 1e-6) continue;
    const x = (ey * normal[2] - ez * normal[1]) / l;
    const y = (ez * normal[0] - ex * normal[2]) / l;
    const z = (ex * normal[1] - ey * normal[0]) / l;
    const cut = clip(polygon, x, y, z, x * p[a] + y * p[a + 1] + z * p[a + 2], -1, spare);
    if (cut !== polygon) [polygon, spare] = [cut, polygon];
  }
  return polygon.count >= 3 && area(polygon.points, polygon.count, normal) > 2e-5 ? polygon : null;
}

/**
 * Twice the area, positive when the corners run counter-clockwise around the normal.
 * @param {Float64Array} p
 * @param {number} count
 * @param {ArrayLike<number>} n
 */
function signedArea(p, count, n) {
  let sum = 0;
  for (let i = 3; i < count * 3 - 3; i += 3) {
    const [ax, ay, az] = [p[i] - p[0], p[i + 1] - p[1], p[i + 2] - p[2]];
    const [bx, by, bz] = [p[i + 3] - p[0], p[i + 4] - p[1], p[i + 5] - p[2]];
    sum += n[0] * (ay * bz - az * by) + n[1] * (az * bx - ax * bz) + n[2] * (ax * by - ay * bx);
  }
  return sum;
}

/** @param {Float64Array} p @param {number} count @param {ArrayLike<number>} n */
const turning = (p, count, n) => (signedArea(p, count, n) < 0 ? -1 : 1);

/** @param {Float64Array} p @param {number} count @param {ArrayLike<number>} n */
const area = (p, count, n) => Math.abs(signedArea(p, count, n));
