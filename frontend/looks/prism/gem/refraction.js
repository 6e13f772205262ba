// What is seen through a facet of a convex solid: the far facets, shifted by refraction, each with the direction in which
// its light leaves. Cut on the CPU into polygons, so that every pixel of the solid is shaded once.
import {clip, Polygon} from './polygon.js';

/** @typedef {import('./solid.js').Solid} Solid */

const out = {x: 0, y: 0, z: 0, face: 0, length: 0, lost: 0};
const shifted = new Polygon();
const spare = new Polygon();

/**
 * Follow a ray inside the solid until it leaves; total reflections turn it at most twice more.
 * @param {Solid} solid
 * @param {number} px start
 * @param {number} py
 * @param {number} pz
 * @param {number} dx unit direction
 * @param {number} dy
 * @param {number} dz
 * @param {number} index of refraction
 */
export function follow(solid, px, py, pz, dx, dy, dz, index) {
  const {normals: n, distances: w, count} = solid;
  out.length = 0;
  out.lost = 1;
  for (let bounce = 0; bounce < 4; bounce++) {
    let face = -1;
    let nearest = 1e9;
    for (let k = 0; k < count; k++) {
      const toward = n[k * 3] * dx + n[k * 3 + 1] * dy + n[k * 3 + 2] * dz;
      if (toward < 1e-5) continue;
      const t = (w[k] - n[k * 3] * px - n[k * 3 + 1] * py - n[k * 3 + 2] * pz) / toward;
      if (t > 1e-5 && t < nearest) [nearest, face] = [t, k];
    }
    if (face < 0) break;
    px += dx * nearest; py += dy * nearest; pz += dz * nearest;
    out.length += nearest;
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
    out.lost *= .86;
  }
  [out.x, out.y, out.z] = [dx, dy, dz];
  return out;
}

/**
 * The part of a far facet that is seen through a near one.
 * @param {Solid} solid
 * @param {number} near
 * @param {number} far
 * @param {number} dx direction inside the solid
 * @param {number} dy
 * @param {number} dz
 * @returns {Polygon | null} in the plane of the near facet; edges of the near facet itself are labelled -1
 */
export function seenThrough(solid, near, far, dx, dy, dz) {
  const {normals: n, distances} = solid;
  const [nx, ny, nz] = [n[near * 3], n[near * 3 + 1], n[near * 3 + 2]];
  const {points, labels, count} = solid.facets[far];
  const across = nx * dx + ny * dy + nz * dz;
  shifted.clear();
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [points[i * 3], points[i * 3 + 1], points[i * 3 + 2]];
    const s = (distances[near] - nx * x - ny * y - nz * z) / across;
    shifted.add(x + dx * s, y + dy * s, z + dz * s, labels[i]);
  }
  return cutByOutline(solid.facets[near], nx, ny, nz);
}

/**
 * @param {Polygon} frame
 * @param {number} nx
 * @param {number} ny
 * @param {number} nz
 */
function cutByOutline({points: p, count}, nx, ny, nz) {
  let polygon = shifted;
  for (let i = 0; i < count && polygon.count; i++) {
    const a = i * 3;
    const b = i + 1 === count ? 0 : a + 3;
    const [ex, ey, ez] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
    const l = Math.hypot(ex, ey, ez);
    if (l < 1e-6) continue;
    const [ox, oy, oz] = [(ey * nz - ez * ny) / l, (ez * nx - ex * nz) / l, (ex * ny - ey * nx) / l];
    polygon = clip(polygon, ox, oy, oz, ox * p[a] + oy * p[a + 1] + oz * p[a + 2], -1, polygon === shifted ? spare : shifted);
  }
  return polygon.count >= 3 ? polygon : null;
}
