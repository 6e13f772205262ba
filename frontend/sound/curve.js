// A quantised curve over the rows of a track: read between rows, and its exact running integral.

export class Curve {
  /**
   * @param {Uint16Array|Int8Array} rows at least one
   * @param {number} full the stored number that stands for 1
   * @param {number} hopS seconds between rows
   */
  constructor(rows, full, hopS) {
    this.rows = rows;
    this.full = full;
    this.hopS = hopS;
    /** @type {Float64Array|null} */
    this.sums = null;
  }

  /** Value at time t in seconds, linear between rows, held outside. @param {number} t */
  at(t) {
    const {rows} = this;
    const x = t / this.hopS;
    if (!(x > 0)) return rows[0] / this.full;
    const last = rows.length - 1;
    if (x >= last) return rows[last] / this.full;
    const i = Math.floor(x);
    return (rows[i] + (rows[i + 1] - rows[i]) * (x - i)) / this.full;
  }

  /** Integral of `at` from 0 to t, in seconds. @param {number} t */
  integral(t) {
    const {rows, hopS, full} = this;
    const x = t / hopS;
    const last = rows.length - 1;
    if (!(x > 0)) return (Math.min(0, x) * rows[0] * hopS) / full;
    if (x >= last) return ((this.doubleSums()[last] / 2 + (x - last) * rows[last]) * hopS) / full;
    const i = Math.floor(x);
    const part = x - i;
    const within = part * (rows[i] + ((rows[i + 1] - rows[i]) * part) / 2);
    return ((this.doubleSums()[i] / 2 + within) * hopS) / full;
  }

  /**
   * Twice the sum of the trapezia before each row: whole numbers below 2^53, so no rounding builds up over an hour.
   */
  doubleSums() {
    if (this.sums) return this.sums;
    const {rows} = this;
    const sums = new Float64Array(rows.length);
    for (let i = 1; i < rows.length; i++) sums[i] = sums[i - 1] + rows[i - 1] + rows[i];
    this.sums = sums;
    return sums;
  }
}
