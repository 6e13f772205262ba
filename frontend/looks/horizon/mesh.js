// Which columns each row needs: fewer far away, and none beside the frame. Triangles are what software GL pays for.
import {BufferAttribute, BufferGeometry, Sphere} from 'three';

/**
 * @typedef {object} RowPlan
 * @property {number} step columns from one vertex to the next: 1, 2 or 4
 * @property {number} from first column, a multiple of 4
 * @property {number} to last column, a multiple of 4 (or the last)
 */

/** Shares of the rows after which every second vertex goes. */
export const COARSER = [.22, .5];

/** Share of the rows after which the mist has swallowed the lines. */
const LINES_END = .86;

/**
 * @param {number} columns 4 n + 1
 * @param {number} count rows
 * @param {boolean} even the same columns everywhere (facets, whose corners must stay)
 * @param {(column: number, row: number) => boolean} seen whether a column can be in the frame in that row
 * @returns {RowPlan[]}
 */
export function planRows(columns, count, even, seen) {
  return Array.from({length: count}, (_, row) => {
    const step = even ? 1 : stepOf(row, count);
    // The cell behind a row is wider than the row itself.
    let from = 0;
    while (from + 4 < columns / 2 && !seen(from + 4, row + 1)) from += 4;
    return {step, from, to: columns - 1 - from};
  });
}

/**
 * @param {number} row
 * @param {number} count
 */
export function stepOf(row, count) {
  return row > COARSER[1] * count ? 4 : row > COARSER[0] * count ? 2 : 1;
}

/**
 * Cells between the rows, nearest first, so that the depth test turns away what they hide.
 * @param {RowPlan[]} plan
 * @param {number} columns
 * @param {number} bodyStep fewest columns between two vertices: the line covers what a coarser body misses of a curve
 */
export function bodyGeometry(plan, columns, bodyStep) {
  const cells = new Float32Array(columns * plan.length * 2);
  for (let i = 0; i < cells.length / 2; i++) cells.set([i % columns, Math.floor(i / columns)], i * 2);
  /** @type {number[]} */
  const index = [];
  for (let row = 0; row < plan.length - 1; row++) {
    const {from, to} = plan[row];
    const step = Math.max(bodyStep, plan[row].step);
    const [near, far] = [row * columns, (row + 1) * columns];
    const wide = Math.max(bodyStep, plan[row + 1].step);
    for (let c = from; c < to; c += wide) {
      // The diagonal changes sides from cell to cell, or facets would all lean the same way.
      const left = step < wide || (row + c / wide) % 2 > 0;
      const apex = left ? far + c : far + c + wide;
      for (let n = c; n < c + wide; n += step) index.push(near + n, near + n + step, apex);
      index.push(far + c, left ? near + c + wide : near + c, far + c + wide);
    }
  }
  return geometryOf('cell', cells, 2, index);
}

/**
 * A ribbon along each row, farthest first, and along every so many columns.
 * @param {RowPlan[]} plan
 * @param {number} columns
 * @param {number} every columns between the lines along the way, a multiple of 4; 0 = none
 */
export function lineGeometry(plan, columns, every) {
  /** @type {number[]} */
  const knots = [];
  /** @type {number[]} */
  const index = [];
  const add = (/** @type {number} */ column, /** @type {number} */ row, /** @type {number} */ way, /** @type {boolean} */ joined) => {
    const first = knots.length / 4;
    knots.push(column, row, -1, way, column, row, 1, way);
    if (joined) index.push(first - 2, first - 1, first, first - 1, first + 1, first);
  };
  for (let column = 0; every && column < columns; column += every) {
    let joined = false;
    for (let row = Math.ceil(plan.length * LINES_END); row >= 1 && column >= plan[row].from && column <= plan[row].to; row--) {
      add(column, row, 1, joined);
      joined = true;
    }
  }
  for (let row = Math.ceil(plan.length * LINES_END); row >= 1; row--) {
    const {step, from, to} = plan[row];
    for (let column = from; column <= to; column += step) add(column, row, 0, column > from);
  }
  return geometryOf('knot', new Float32Array(knots), 4, index);
}

/**
 * @param {string} name
 * @param {Float32Array} values
 * @param {number} size numbers a vertex
 * @param {number[]} [index]
 */
export function geometryOf(name, values, size, index) {
  const geometry = new BufferGeometry();
  geometry.setAttribute(name, new BufferAttribute(values, size));
  if (index) geometry.setIndex(index);
  // Without an attribute called position three cannot work out a sphere.
  geometry.boundingSphere = new Sphere();
  return geometry;
}
