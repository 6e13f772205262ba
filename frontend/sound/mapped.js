// Maps one typed array into another type without the list of boxed numbers that `TypedArray.from` makes on the way.

/**
 * @template {Uint16Array|Int8Array|Float32Array|Float64Array} T
 * @param {new (length: number) => T} Type
 * @param {ArrayLike<number>} source
 * @param {(value: number, index: number) => number} change
 * @returns {T}
 */
export function mapped(Type, source, change) {
  const out = new Type(source.length);
  for (let i = 0; i < source.length; i++) out[i] = change(source[i], i);
  return out;
}
