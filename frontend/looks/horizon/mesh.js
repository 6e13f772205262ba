// Which columns each row needs: fewer far away, and none beside the frame. Triangles are what software GL pays for.
import {BufferAttribute, BufferGeometry, Sphere} from 'three';
import {bodyStep} from './skyline.js';

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
/** Share of the rows after which lines along the way and across facets have faded: they stand too close there. */
const WAYS_END = .64;

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
 * A curtain under each row, nearest first, so that the depth test turns away what they hide. Its lower edge reaches down
 * behind the row in front: every outline of the land is then a row, and covered by that row's smooth line.
 * @param {RowPlan[]} plan
 */
export function curtainGeometry(plan) {
  /** @type {number[]} */
  const cells = [];
  /** @type {number[]} */
  const index = [];
  for (let row = 1; row < plan.length; row++) {
    const {from, to} = plan[row];
    const step = bodyStep(plan[row].step);
    for (let column = from; column <= to; column += step) {
      const first = cells.length / 3;
      cells.push(column, row, 0, column, row, 1);
      if (column > from) index.push(first - 2, first - 1, first, first - 1, first + 1, first);
    }
  }
  return geometryOf('cell', new Float32Array(cells), 3, index);
}

/**
 * Triangles between the rows, nearest first: the polished land. Each point is there twice, once for either triangle of the
 * cell behind it to its right: a triangle's last corner gives it its one light.
 * @param {RowPlan[]} plan all with step 1
 * @param {number} columns
 */
export function facetGeometry(plan, columns) {
  const cells = new Float32Array(columns * plan.length * 6);
  for (let i = 0; i < cells.length / 3; i++) cells.set([(i >> 1) % columns, Math.floor((i >> 1) / columns), i % 2], i * 3);
  /** @type {number[]} */
  const index = [];
  for (let row = 0; row < plan.length - 1; row++) {
    for (let c = plan[row].from; c < plan[row].to; c++) {
      const [near, far] = [2 * (row * columns + c), 2 * ((row + 1) * columns + c)];
      index.push(near + 2, far + 2, near, far + 3, far + 1, near + 1);
    }
  }
  return geometryOf('cell', cells, 3, index);
}

/**
 * A ribbon along each row, farthest first, and along every so many columns.
 * @param {RowPlan[]} plan
 * @param {number} columns
 * @param {number} every columns between the lines along the way; 0 = none
 * @param {boolean} diagonals whether the facets' third edges are drawn as well
 */
export function lineGeometry(plan, columns, every, diagonals) {
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
    for (let row = Math.ceil(plan.length * WAYS_END); row >= 1 && column >= plan[row].from && column <= plan[row].to; row--) {
      add(column, row, 1, joined);
      joined = true;
    }
  }
  for (let row = Math.ceil(plan.length * WAYS_END); diagonals && row >= 1; row--) {
    for (let column = plan[row].from; column < plan[row].to; column++) {
      add(column, row, 2, false);
      add(column + 1, row + 1, 2, true);
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
  // Nothing here is called position, or means one: three cannot work out a sphere. Points, which have no index, must use
  // that name, for three counts them by it.
  geometry.boundingSphere = new Sphere();
  return geometry;
}
