// The transform against its definition, and the stereo spectrum against Parseval.
import {describe, expect, test} from 'vitest';
import {Fft} from '../../sound/fft.js';
import {StereoSpectrum} from '../../sound/spectrum.js';
import {seeded} from './signals.js';

/** @param {ArrayLike<number>} re @param {ArrayLike<number>} im */
function directTransform(re, im) {
  const n = re.length;
  return Array.from({length: n}, (_, k) => {
    let a = 0;
    let b = 0;
    for (let i = 0; i < n; i++) {
      const angle = (-2 * Math.PI * ((i * k) % n)) / n;
      a += re[i] * Math.cos(angle) - im[i] * Math.sin(angle);
      b += re[i] * Math.sin(angle) + im[i] * Math.cos(angle);
    }
    return [a, b];
  });
}

describe('Fft', () => {
  test.each([4, 8, 16, 32, 128, 256, 512, 1024])('equals the direct transform with %i points', (size) => {
    const random = seeded(size);
    const fft = new Fft(size);
    const re = Float64Array.from({length: size}, () => random() - 0.5);
    const im = Float64Array.from({length: size}, () => random() - 0.5);
    for (let time = 0; time < 2; time++) {
      fft.re.set(re);
      fft.im.set(im);
      fft.transform();
    }
    directTransform(re, im).forEach(([a, b], k) => {
      expect(Math.hypot(fft.outRe[k] - a, fft.outIm[k] - b)).toBeLessThan(1e-9);
    });
  });

  test('refuses sizes that are no power of two', () => {
    expect(() => new Fft(480)).toThrow(RangeError);
  });
});

describe('StereoSpectrum', () => {
  test('averages the power of both channels', () => {
    const spectrum = new StereoSpectrum(1024, 1024);
    const left = Float64Array.from({length: 1024}, (_, i) => Math.sin(i * 0.3));
    const right = Float64Array.from({length: 1024}, (_, i) => 0.5 * Math.sin(i * 0.9));
    const power = spectrum.measure(left, right, 512).reduce((sum, bin) => sum + bin, 0);
    expect(power).toBeCloseTo((0.5 + 0.125) / 2, 6);
  });

  test('does not lose a signal whose channels cancel', () => {
    const spectrum = new StereoSpectrum(512, 512);
    const left = Float64Array.from({length: 512}, (_, i) => Math.sin(i * 0.5));
    const power = spectrum.measure(left, left.map((x) => -x), 256).reduce((sum, bin) => sum + bin, 0);
    expect(power).toBeCloseTo(0.5, 4);
  });
});
