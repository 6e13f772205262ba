// Convex polygons in space: flat arrays that are filled again for each frame, and the one operation on them, the cut.

export const MAX_CORNERS = 40;

/**
 * Corners in order and, for each edge from a corner to the next, the number of the plane that made it.
 */
export class Polygon {
  constructor() {
    this.count = 0;
    this.points = new Float64Array(MAX_CORNERS * 3);
    this.labels = new Int16Array(MAX_CORNERS);
  }

  clear() {
    this.count = 0;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} z
   * @param {number} label of the edge that leaves this corner
   */
  add(x, y, z, label) {
    if (this.count === MAX_CORNERS) return;
    const k = this.count * 3;
    this.points[k] = x;
    this.points[k + 1] = y;
    this.points[k + 2] = z;
    this.labels[this.count++] = label;
  }
}

/**
 * Keep what lies at n·p <= w (Sutherland and Hodgman, "Reentrant polygon clipping", 1974); the new edge gets `label`.
 * @param {Polygon} from
 * @param {number} nx
 * @param {number} ny
 * @param {number} nz
 * @param {number} w
 * @param {number} label
 * @param {Polygon} to
 * @returns {Polygon} the one that holds the result: `from` itself when nothing was cut
 */
export function clip(from, nx, ny, nz, w, label, to) {
  const {points: p, labels, count} = from;
  if (count === 0 || allInside(from, nx, ny, nz, w)) return from;
  to.clear();
  for (let i = 0; i < count; i++) {
    const a = i * 3;
    const b = i + 1 === count ? 0 : a + 3;
    const da = p[a] * nx + p[a + 1] * ny + p[a + 2] * nz - w;
    const db = p[b] * nx + p[b + 1] * ny + p[b + 2] * nz - w;
    if (da <= 0) to.add(p[a], p[a + 1], p[a + 2], labels[i]);
    if (da <= 0 === db <= 0) continue;
    const s = da / (da - db);
    to.add(p[a] + (p[b] - p[a]) * s, p[a + 1] + (p[b + 1] - p[a + 1]) * s, p[a + 2] + (p[b + 2] - p[a + 2]) * s,
      da <= 0 ? label : labels[i]);
  }
  return to;
}

/**
 * @param {Polygon} polygon
 * @param {number} nx
 * @param {number} ny
 * @param {number} nz
 * @param {number} w
 */
function allInside({points: p, count}, nx, ny, nz, w) {
  for (let i = 0; i < count * 3; i += 3) {
    if (p[i] * nx + p[i + 1] * ny + p[i + 2] * nz > w) return false;
  }
  return true;
}
