// The analysis of a song: PCM in blocks of any size, a quantised feature track at the end.
import {AttackMeter, BodyMeter} from './attack.js';
import {BandMeter} from './bands.js';
import {EnergyMeter} from './energies.js';
import {FluxMeter, FRAME_SAMPLES} from './flux.js';
import {SAMPLE_RATE, rowCount} from './grid.js';
import {LoudnessMeter} from './loudness.js';
import {BLOCK, DECIMATION, Signal} from './signal.js';
import {StereoSpectrum} from './spectrum.js';
import {summarise} from './summary.js';
import {FeatureTrack} from './track.js';
import {TruePeakMeter} from './true-peak.js';
import {WaveMeter} from './wave.js';

/** @typedef {import('./track-codec.js').FeatureTrackData} FeatureTrackData */
/** @typedef {{sampleRate?: number, totalSamples?: number, weighting?: 'none'|'A'}} AnalyserOptions */

const SLOW_RATE = SAMPLE_RATE / DECIMATION;
/** Windows of 4096 and 2048 samples at 48 kHz, in decimated samples. */
const LONG_WINDOW = 410;
const MIDDLE_WINDOW = 205;

export class Analyser {
  /** @param {AnalyserOptions} [options] totalSamples may be an estimate */
  constructor({sampleRate = SAMPLE_RATE, totalSamples = 0, weighting = 'none'} = {}) {
    if (sampleRate !== SAMPLE_RATE) throw new RangeError(`The analysis wants ${SAMPLE_RATE} Hz, not ${sampleRate}.`);
    const rows = rowCount(totalSamples) + 1;
    this.weighting = weighting;
    this.samples = 0;
    this.rows = 0;
    this.signal = new Signal();
    this.staged = new Int16Array(2 * BLOCK);
    this.stagedSamples = 0;
    this.long = new StereoSpectrum(LONG_WINDOW, 512);
    this.middle = new StereoSpectrum(MIDDLE_WINDOW, 256);
    this.short = new StereoSpectrum(1024, 1024);
    this.brief = new StereoSpectrum(512, 512);
    this.bands = new BandMeter(rows, [
      {binHz: SLOW_RATE / 512, bins: 257},
      {binHz: SLOW_RATE / 256, bins: 129},
      {binHz: SAMPLE_RATE / 1024, bins: 513},
    ]);
    this.spectra = [this.long.power, this.middle.power, this.short.power];
    this.energies = new EnergyMeter(rows, SAMPLE_RATE / 1024);
    this.flux = new FluxMeter(rows);
    this.attacks = new AttackMeter(rows);
    this.bodies = new BodyMeter(rows);
    this.loudness = new LoudnessMeter(rows);
    this.truePeak = new TruePeakMeter();
    this.wave = new WaveMeter(rows);
  }

  /**
   * Hear the next stretch of the song.
   * @param {Int16Array} pcm interleaved stereo
   */
  push(pcm) {
    for (let from = 0; from < pcm.length;) {
      const count = Math.min(pcm.length - from, 2 * (BLOCK - this.stagedSamples));
      this.staged.set(pcm.subarray(from, from + count), 2 * this.stagedSamples);
      this.stagedSamples += count / 2;
      from += count;
      if (this.stagedSamples === BLOCK) this.hearBlock();
    }
  }

  /**
   * The feature track of what has been heard; the analyser is spent afterwards.
   * @returns {FeatureTrackData}
   */
  finish() {
    this.hearBlock();
    this.loudness.closeRow();
    this.attacks.finish();
    const rows = rowCount(this.samples);
    while (this.rows < rows) {
      this.signal.appendSilence();
      this.measureRows(rows);
    }
    return summarise(this);
  }

  hearBlock() {
    const {signal, stagedSamples} = this;
    const {left, right} = signal;
    this.truePeak.push(this.staged, stagedSamples);
    const at = signal.append(this.staged, stagedSamples);
    this.attacks.push(left.samples, right.samples, at, at + stagedSamples);
    this.loudness.push(left.samples, right.samples, at, at + stagedSamples);
    this.samples += stagedSamples;
    this.stagedSamples = 0;
    this.measureRows(Infinity);
  }

  /** @param {number} limit */
  measureRows(limit) {
    while (this.signal.ready && this.rows < limit) {
      this.measureRow();
      this.rows += 1;
      this.signal.advance();
    }
  }

  measureRow() {
    const {left, right, centre} = this.signal;
    const slow = centre / DECIMATION;
    this.long.measure(left.slow, right.slow, slow);
    this.short.measure(left.samples, right.samples, centre);
    this.measureFlux(centre);
    this.bands.measure(this.spectra);
    this.energies.measure(this.short.power);
    this.measureFlux(centre + FRAME_SAMPLES);
    this.bodies.measure(left.slow, right.slow, slow);
    this.wave.measure(left.slow, right.slow, slow);
  }

  /** @param {number} centre */
  measureFlux(centre) {
    const {left, right} = this.signal;
    this.middle.measure(left.slow, right.slow, centre / DECIMATION);
    this.brief.measure(left.samples, right.samples, centre);
    this.flux.measure(this.middle.power, this.brief.power);
  }
}

/**
 * The feature track of a whole song in memory.
 * @param {Int16Array} pcm interleaved stereo, 48 kHz
 * @param {AnalyserOptions} [options]
 */
export function analyseAll(pcm, options = {}) {
  const analyser = new Analyser({totalSamples: pcm.length / 2, ...options});
  analyser.push(pcm);
  return new FeatureTrack(analyser.finish());
}
