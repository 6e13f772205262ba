// The power spectrum of a stereo signal around a moment: two real channels for the price of one complex transform.
import {Fft} from './fft.js';

export class StereoSpectrum {
  /**
   * @param {number} windowLength samples under the Hann window
   * @param {number} size points of the transform, at least windowLength; more of them interpolate the spectrum
   */
  constructor(windowLength, size) {
    this.windowLength = windowLength;
    this.fft = new Fft(size);
    this.window = hann(windowLength);
    /** Mean square in each bin, both channels averaged, so that bins of a tone or of noise sum to its power. */
    this.power = new Float64Array(size / 2 + 1);
    const energy = this.window.reduce((sum, w) => sum + w * w, 0);
    // One side of the spectrum stands for both (2); L and R average (1/2); |Z(k)|^2 + |Z(-k)|^2 is twice |L|^2 + |R|^2.
    this.scale = 1 / (2 * size * energy);
  }

  /**
   * Fill `power` from the window that is centred on `centre`.
   * @param {Float64Array} left
   * @param {Float64Array} right
   * @param {number} centre index into both
   */
  measure(left, right, centre) {
    const {fft, window, power, scale, windowLength} = this;
    const {re, im, outRe, outIm, size} = fft;
    const start = centre - (windowLength >> 1);
    for (let i = 0; i < windowLength; i++) {
      re[i] = left[start + i] * window[i];
      im[i] = right[start + i] * window[i];
    }
    re.fill(0, windowLength);
    im.fill(0, windowLength);
    fft.transform();
    for (let k = 1; k < size / 2; k++) {
      const m = size - k;
      power[k] = (outRe[k] * outRe[k] + outIm[k] * outIm[k] + outRe[m] * outRe[m] + outIm[m] * outIm[m]) * scale;
    }
    power[0] = (outRe[0] * outRe[0] + outIm[0] * outIm[0]) * scale;
    power[size / 2] = (outRe[size / 2] ** 2 + outIm[size / 2] ** 2) * scale;
    return power;
  }
}

/** @param {number} length */
function hann(length) {
  return Float64Array.from({length}, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length));
}
