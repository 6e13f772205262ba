// Reads the stored waveform around a moment, lined up on a rising zero crossing so that a steady tone stands still.

/** How far from the asked moment the trigger may lie: a period of 40 Hz, seen from its middle. */
const SEARCH_S = 0.0125;

/**
 * Fill `out` with the waveform over `spanS` seconds around time t, -1..1.
 * @param {Int8Array} wave signed square roots, 127 for 1
 * @param {number} rate samples of `wave` a second
 * @param {number} t
 * @param {number} spanS
 * @param {Float32Array} out
 */
export function readWaveform(wave, rate, t, spanS, out) {
  const start = (t - spanS / 2) * rate;
  const middle = trigger(wave, t * rate, SEARCH_S * rate) - t * rate;
  const step = (spanS * rate) / Math.max(1, out.length - 1);
  for (let i = 0; i < out.length; i++) out[i] = sampleAt(wave, start + middle + i * step);
  return out;
}

/**
 * Position of the rising zero crossing near `centre` that the largest swing follows; `centre` where there is none.
 * @param {Int8Array} wave
 * @param {number} centre
 * @param {number} reach
 */
function trigger(wave, centre, reach) {
  const from = Math.max(1, Math.ceil(centre - reach));
  const to = Math.min(wave.length - 1, Math.floor(centre + reach));
  let best = centre;
  let bestSwing = 0;
  for (let i = from; i <= to; i++) {
    if (wave[i - 1] >= 0 || wave[i] < 0) continue;
    const swing = swingAround(wave, i, reach);
    if (swing > bestSwing) {
      bestSwing = swing;
      best = i - 1 + expand(wave[i - 1]) / (expand(wave[i - 1]) - expand(wave[i]));
    }
  }
  return best;
}

/**
 * Area of the half wave after a crossing, less that of the one before it (which is negative).
 * @param {Int8Array} wave
 * @param {number} crossing
 * @param {number} reach
 */
function swingAround(wave, crossing, reach) {
  let area = 0;
  for (let i = crossing; i < crossing + reach && wave[i] >= 0; i++) area += expand(wave[i]);
  for (let i = crossing - 1; i >= crossing - reach && wave[i] < 0; i--) area -= expand(wave[i]);
  return area;
}

/** @param {Int8Array} wave @param {number} position */
function sampleAt(wave, position) {
  const i = Math.floor(position);
  if (i < 0 || i >= wave.length - 1) return 0;
  const a = expand(wave[i]);
  return a + (expand(wave[i + 1]) - a) * (position - i);
}

/** @param {number} stored */
function expand(stored) {
  return (stored * Math.abs(stored)) / 16129;
}
