// Levels as whole numbers: 1/256 dB steps in 16 bits, so that an hour of measurements stays small.

const LOWEST_DB = -170;
export const STEPS_PER_DB = 256;
/** Anything below this is silence: the quantisation noise of 16 bits lies at about -98 dB, its bands lower. */
const SILENT_POWER = 1e-16;
/** dB in a step of the natural logarithm, which engines compute faster than the decimal one. */
export const DB_PER_NEPER = 10 / Math.LN10;

/**
 * Code of a power (mean square); 0 is silence.
 * @param {number} power
 */
export function codeOfPower(power) {
  if (!(power > SILENT_POWER)) return 0;
  const code = Math.round((DB_PER_NEPER * Math.log(power) - LOWEST_DB) * STEPS_PER_DB);
  return code < 1 ? 1 : code > 65535 ? 65535 : code;
}

/**
 * Level in dB of a code.
 * @param {number} code
 */
export function dbOfCode(code) {
  return code / STEPS_PER_DB + LOWEST_DB;
}
