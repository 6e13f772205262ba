// What the nearer rows cover on the screen: where the body of a row may end, and which of its lines nobody sees.
import {VALUES} from './relief.js';

const BUCKETS = 320;
/** Half of the width that the buckets cover, in half widths of the frame: a bank turns its corners into sight. */
const REACH = 1.2;
/** How far below the nearer outlines a body reaches: the lines there are wider than what chords miss of a curve. */
const OVERLAP = .01;

/**
 * @typedef {object} View the land's uniforms of the same names
 * @property {{value: import('three').Vector4}} camera
 * @property {{value: import('three').Vector4}} lay
 * @property {{value: import('three').Vector4}} frame
 * @property {{value: import('three').Vector4}} rise
 * @property {{value: import('three').Vector4}} pen
 */

/**
 * The highest outline so far, over the width of the screen before it banks. Software GL pays for every fragment, those
 * that the depth test turns away included: so what is hidden gets no triangles.
 */
export class Skyline {
  /**
   * @param {Float32Array} places of the columns
   * @param {import('./mesh.js').RowPlan[]} plan
   */
  constructor(places, plan) {
    this.places = places;
    this.plan = plan;
    /** @private */
    this.highest = new Float32Array(BUCKETS);
    /** @private The lowest height of one row within each bucket. */
    this.low = new Float32Array(BUCKETS);
    /** @private */
    this.x = new Float32Array(places.length);
    /** @private */
    this.y = new Float32Array(places.length);
  }

  /**
   * Write where each row's body ends (third number of a vertex) and whether its line is hidden (fourth number).
   * @param {import('./rows.js').Rows} rows
   * @param {View} view
   */
  trace(rows, view) {
    const overlap = OVERLAP + view.pen.value.x / view.pen.value.y;
    this.highest.fill(-Infinity);
    for (let row = 1; row < rows.count; row++) {
      if (rows.keptAt(row) <= 0) continue;
      const values = rows.data.subarray(row * rows.width, (row + 1) * rows.width);
      this.project(values, row, view);
      if (row > 1) this.hide(values, row, overlap);
      this.raise(row);
    }
  }

  /**
   * The row's outline on the screen, as `spot` and `project` of the shader, in buckets and units of the screen.
   * @param {Float32Array} values
   * @param {number} row
   * @param {View} view
   * @private
   */
  project(values, row, {camera: {value: camera}, lay: {value: lay}, frame: {value: frame}, rise: {value: rise}}) {
    const {places, x, y} = this;
    const {from, to, step} = this.stretch(row);
    const away = values[values.length - VALUES] * lay.y;
    const scale = camera.z / (lay.x + away);
    const wide = lay.z * (1 + away / lay.x) ** lay.w;
    const fine = BUCKETS / (2 * REACH * frame.x);
    for (let i = from; i <= to; i += step) {
      x[i] = (places[i] * wide - camera.x) * scale * fine + BUCKETS / 2;
      y[i] = (values[i * VALUES] * rise.x - camera.y) * scale;
    }
  }

  /**
   * @param {Float32Array} values
   * @param {number} row
   * @param {number} overlap
   * @private
   */
  hide(values, row, overlap) {
    const {x, y} = this;
    const {from, to, step} = this.stretch(row);
    for (let i = from; i <= to; i += step) {
      const [left, right] = [Math.max(from, i - step), Math.min(to, i + step)];
      const cover = this.lowest(x[left], x[right]) - overlap;
      values[i * VALUES + 2] = Math.min(cover, y[i]);
      values[i * VALUES + 3] = Math.max(y[left], y[i], y[right]) < cover ? 1 : 0;
    }
    // Vertices of the line between those of the body.
    if (this.plan[row].step === step) return;
    for (let i = from + 1; i < to; i += step) values[i * VALUES + 3] = values[(i - 1) * VALUES + 3] * values[(i + 1) * VALUES + 3];
  }

  /**
   * The lowest that anything nearer reaches between two places.
   * @param {number} left
   * @param {number} right
   * @private
   */
  lowest(left, right) {
    const last = Math.min(BUCKETS - 1, Math.floor(right));
    let lowest = Infinity;
    for (let b = Math.max(0, Math.floor(left)); b <= last; b++) if (this.highest[b] < lowest) lowest = this.highest[b];
    return lowest === Infinity ? -9 : Math.max(-9, lowest);
  }

  /** @param {number} row @private */
  raise(row) {
    const {x, y, low, highest} = this;
    const {from, to, step} = this.stretch(row);
    low.fill(Infinity);
    let whole = Math.max(0, Math.ceil(x[from]));
    const first = whole;
    for (let i = from + step; i <= to; i += step) {
      const slope = (y[i] - y[i - step]) / (x[i] - x[i - step]);
      for (; whole <= x[i] && whole <= BUCKETS; whole++) this.lower(whole, y[i] + (whole - x[i]) * slope);
      const b = Math.floor(x[i]);
      if (b >= 0 && b < BUCKETS) low[b] = Math.min(low[b], y[i]);
    }
    // Buckets that the row covers in part do not count.
    for (let b = first; b < whole - 1; b++) highest[b] = Math.max(highest[b], low[b]);
  }

  /**
   * Both buckets beside an edge.
   * @param {number} edge
   * @param {number} height
   * @private
   */
  lower(edge, height) {
    const {low} = this;
    if (edge > 0) low[edge - 1] = Math.min(low[edge - 1], height);
    if (edge < BUCKETS) low[edge] = Math.min(low[edge], height);
  }

  /**
   * The columns at which a body has vertices.
   * @param {number} row
   * @private
   */
  stretch(row) {
    const {from, to, step} = this.plan[row];
    return {from, to, step: bodyStep(step)};
  }
}

/**
 * A quarter as fine as the line over it at most, which is wide enough to cover what a chord misses of a curve.
 * @param {number} step of the line
 */
export function bodyStep(step) {
  return Math.max(4, step);
}
