// Values that no line reaches: a line needs two of them side by side.

/**
 * The places of values that have none beside them, such as all there is in the first hour of a service.
 * @param {ArrayLike<number | null | undefined>} values
 * @returns {number[]}
 */
export function lonePoints(values) {
  const has = (/** @type {number} */ at) => (values[at] ?? null) !== null;
  return Array.from(values, (_, at) => at).filter((at) => has(at) && !has(at - 1) && !has(at + 1));
}
