// A-weighting after IEC 61672: how the ear weighs pure tones at low levels.

/**
 * @param {number} hz
 * @returns {number} dB, 0 at 1 kHz
 */
export function aWeightingDb(hz) {
  return 20 * Math.log10(response(hz) / response(1000));
}

/** @param {number} hz */
function response(hz) {
  const f2 = hz * hz;
  return (12194 ** 2 * f2 * f2)
    / ((f2 + 20.6 ** 2) * Math.sqrt((f2 + 107.7 ** 2) * (f2 + 737.9 ** 2)) * (f2 + 12194 ** 2));
}
