// True peak after ITU-R BS.1770: the height between the samples, from four-fold interpolation.

const PHASES = 4;
const TAPS = 12;
const MIDDLE = TAPS / 2;
/** Interpolation lifts a peak by little: only where the samples come this near to the peak so far is it worth while. */
const NEAR_PEAK = 0.7;

export class TruePeakMeter {
  constructor() {
    /** Largest absolute value so far, in 16-bit steps. */
    this.peak = 0;
    /** @private The last samples of both channels, oldest first. */
    this.history = new Int16Array(2 * TAPS);
  }

  /**
   * @param {Int16Array} pcm interleaved stereo
   * @param {number} samples
   */
  push(pcm, samples) {
    const span = new Int16Array(2 * (TAPS + samples));
    span.set(this.history);
    span.set(pcm.subarray(0, 2 * samples), 2 * TAPS);
    let {peak} = this;
    let near = NEAR_PEAK * peak;
    // The newest sample that can be looked at has six more after it.
    for (let i = 2 * MIDDLE; i < span.length - 2 * MIDDLE; i++) {
      const x = span[i];
      if (x <= near && x >= -near) continue;
      // The signal peaks beside a sample that neither neighbour exceeds: one in five of those that are near.
      const height = Math.abs(x);
      if (height < Math.abs(span[i - 2]) || height < Math.abs(span[i + 2])) continue;
      const start = i - 2 * MIDDLE;
      peak = Math.max(peak, height, interpolatedPeak(span, start), interpolatedPeak(span, start + 2));
      near = NEAR_PEAK * peak;
    }
    this.peak = peak;
    this.history = span.slice(-2 * TAPS);
  }

  /** dB against full scale, to two places; null for silence. @returns {number|null} */
  decibels() {
    this.push(new Int16Array(2 * TAPS), TAPS);
    return this.peak > 0 ? Math.round(2000 * Math.log10(this.peak / 32768)) / 100 : null;
  }
}

/** Windowed sincs for a quarter, half and three quarters of the way from one sample to the next. */
const FILTERS = Array.from({length: PHASES - 1}, (_, phase) => fractionalDelay((phase + 1) / PHASES));

/** @param {number} part */
function fractionalDelay(part) {
  const taps = Float64Array.from({length: TAPS}, (_, j) => {
    const x = j - (TAPS / 2 - 1) - part;
    return (Math.sin(Math.PI * x) / (Math.PI * x)) * (0.5 + 0.5 * Math.cos((2 * Math.PI * x) / (TAPS + 1)));
  });
  const gain = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / gain);
}

/**
 * Largest of the three values between the sixth and the seventh of twelve samples of one channel.
 * @param {Int16Array} span
 * @param {number} start index of the first
 */
function interpolatedPeak(span, start) {
  let peak = 0;
  for (const filter of FILTERS) {
    let sum = 0;
    for (let j = 0; j < TAPS; j++) sum += filter[j] * span[start + 2 * j];
    peak = Math.max(peak, Math.abs(sum));
  }
  return peak;
}
