// The fixed time grid that every part of the analysis shares, independent of the video's frame rate.

export const SAMPLE_RATE = 48_000;
/** Samples from one row of the feature track to the next. */
export const HOP = 480;
export const HOP_S = HOP / SAMPLE_RATE;
/** Samples of the stored waveform in each row: 4,800 a second. */
export const WAVE_PER_ROW = 48;
export const BAND_COUNT = 64;
export const LOWEST_HZ = 30;
export const HIGHEST_HZ = 16_000;

/**
 * Row r is centred on sample r * HOP; the last row may be centred on the very end.
 * @param {number} samples
 */
export function rowCount(samples) {
  return Math.floor(samples / HOP) + 1;
}

/**
 * Edges of the drawn bands in Hz, evenly spaced in pitch: BAND_COUNT + 1 numbers.
 * @returns {Float64Array}
 */
export function bandEdges() {
  const ratio = HIGHEST_HZ / LOWEST_HZ;
  return Float64Array.from({length: BAND_COUNT + 1}, (_, i) => LOWEST_HZ * ratio ** (i / BAND_COUNT));
}

/**
 * Centres of the drawn bands in Hz.
 * @returns {Float64Array}
 */
export function bandCentres() {
  const edges = bandEdges();
  return Float64Array.from({length: BAND_COUNT}, (_, i) => Math.sqrt(edges[i] * edges[i + 1]));
}
