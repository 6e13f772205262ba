// Percentiles over a whole song, from histograms so that nothing is sorted or copied.

/**
 * The value below which the given share of the values lies.
 * @param {ArrayLike<number>} values whole numbers 0..65535
 * @param {number} share 0..1
 * @param {number} [above] only values greater than this count
 * @param {number} [stride]
 * @param {number} [offset]
 * @returns {number} 0 where no value counts
 */
export function percentileOfCodes(values, share, above = -1, stride = 1, offset = 0) {
  const histogram = new Uint32Array(65536);
  let count = 0;
  for (let i = offset; i < values.length; i += stride) {
    if (values[i] <= above) continue;
    histogram[values[i]] += 1;
    count += 1;
  }
  const wanted = share * (count - 1);
  let seen = 0;
  for (let code = 0; code < 65536 && count > 0; code++) {
    seen += histogram[code];
    if (seen > wanted) return code;
  }
  return 0;
}

/**
 * Percentile of a short list.
 * @param {ArrayLike<number>} values
 * @param {number} share
 */
export function percentile(values, share) {
  if (values.length === 0) return 0;
  const sorted = new Float64Array(values).sort();
  return sorted[Math.round(share * (sorted.length - 1))];
}
