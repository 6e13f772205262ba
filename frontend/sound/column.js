// A measurement that grows row by row while a song streams in.

/**
 * @template {Uint8Array|Int16Array|Uint16Array|Float32Array} T
 */
export class Column {
  /**
   * @param {new (length: number) => T} Type
   * @param {number} width numbers in each row
   * @param {number} rows how many are expected; more may come
   */
  constructor(Type, width, rows) {
    this.Type = Type;
    this.width = width;
    this.rows = 0;
    this.store = new Type(Math.max(1, rows) * width);
  }

  /** Room for one more row: the offset at which to write it into `store`, which this may have replaced. */
  append() {
    const offset = this.rows * this.width;
    if (offset + this.width > this.store.length) {
      const larger = new this.Type(this.store.length * 2);
      larger.set(this.store);
      this.store = larger;
    }
    this.rows += 1;
    return offset;
  }

  /** Add a row of one number. @param {number} value */
  add(value) {
    const offset = this.append();
    this.store[offset] = value;
  }

  /**
   * The filled part, handed over without a copy: the column is empty afterwards, so that an hour of measurements can
   * go as soon as it has been looked at.
   * @returns {T}
   */
  take() {
    const values = /** @type {T} */ (this.store.subarray(0, this.rows * this.width));
    this.store = new this.Type(0);
    this.rows = 0;
    return values;
  }
}
