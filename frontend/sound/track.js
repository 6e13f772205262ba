// The feature track as looks read it: pure functions of time over the quantised numbers of the analysis.
import {Curve} from './curve.js';
import {eventLists, kindName} from './events.js';
import {BAND_COUNT, HOP_S, WAVE_PER_ROW, bandCentres} from './grid.js';
import {decodeTrackData} from './track-codec.js';
import {readWaveform} from './waveform.js';

export {TRACK_VERSION, TrackFormatError, encodeTrack} from './track-codec.js';

/** @typedef {import('./track-codec.js').FeatureTrackData} FeatureTrackData */
/** @typedef {import('./events.js').EventKind} EventKind */
/** @typedef {'bass'|'mid'|'treble'|'loudness'|'intensity'} EnergyName */
/** @typedef {EnergyName|'balance'} CurveName */
/**
 * `kind` is the leading one of those that fall on this moment; `events` and `pulse` know them all. Strengths are 0..1.
 * @typedef {{timeS: number, strength: number, kind: 'kick'|'snare'|'hat'|'onset',
 *   low: number, mid: number, high: number}} Onset
 */
/** @typedef {{startS: number, endS: number, label: string, energy: number}} Section */
/** @typedef {Section & {index: number, progress: number}} SectionView progress runs from 0 to 1 */

/**
 * A stored track, ready to be read.
 * @param {ArrayBuffer} buffer
 */
export function decodeTrack(buffer) {
  return new FeatureTrack(decodeTrackData(buffer));
}

export class FeatureTrack {
  /** @param {FeatureTrackData} data */
  constructor(data) {
    this.data = data;
    this.samples = data.samples;
    this.rows = data.rows;
    this.hopS = HOP_S;
    this.durationS = data.samples / data.sampleRate;
    this.bandCount = BAND_COUNT;
    this.bandHz = bandCentres();
    this.tempoBpm = data.tempoBpm;
    this.beatStrength = data.beatStrength;
    this.integratedLufs = data.integratedLufs;
    this.truePeakDb = data.truePeakDb;
    this.dropS = data.drop / data.sampleRate;
    this.peakS = data.peak / data.sampleRate;
    this.events = eventLists(data);
    /** Beat times in seconds. */
    this.beats = this.events.beat.times;
    this.sections = readSections(data);
    /** @type {Record<CurveName, Curve>} */
    this.curves = {
      bass: new Curve(data.bass, 65535, HOP_S),
      mid: new Curve(data.mid, 65535, HOP_S),
      treble: new Curve(data.treble, 65535, HOP_S),
      loudness: new Curve(data.loudness, 65535, HOP_S),
      intensity: new Curve(data.intensity, 65535, HOP_S),
      balance: new Curve(data.balance, 127, HOP_S),
    };
    /** @type {Onset[]|null} */
    this.onsetList = null;
  }

  /** All onsets in order of time. @returns {Onset[]} */
  get onsets() {
    this.onsetList ??= readOnsets(this.data);
    return this.onsetList;
  }

  /**
   * Frames of a video of the whole song.
   * @param {number} fps
   */
  frameCount(fps) {
    return Math.floor((this.samples * fps) / this.data.sampleRate + 0.5);
  }

  /**
   * A curve at time t in seconds: 0..1, balance -1 (left) .. 1 (right); held outside the song.
   * @param {CurveName} name
   * @param {number} t
   */
  value(name, t) {
    return this.curves[name].at(t);
  }

  /**
   * Integral of a curve from 0 to t, in seconds: what rotation and drifting dust are functions of.
   * @param {CurveName} name
   * @param {number} t
   */
  integral(name, t) {
    return this.curves[name].integral(t);
  }

  /**
   * All bands at time t, 0..1, low to high.
   * @param {number} t
   * @param {Float32Array} out 64 long
   */
  bandsAt(t, out) {
    const {row, part} = this.rowAt(t);
    const {bands} = this.data;
    const a = row * BAND_COUNT;
    const b = Math.min(row + 1, this.rows - 1) * BAND_COUNT;
    for (let i = 0; i < BAND_COUNT; i++) {
      out[i] = (bands[a + i] + (bands[b + i] - bands[a + i]) * part) / 65535;
    }
    return out;
  }

  /**
   * One band at time t.
   * @param {number} index
   * @param {number} t
   */
  band(index, t) {
    const {row, part} = this.rowAt(t);
    const {bands} = this.data;
    const a = bands[row * BAND_COUNT + index];
    const b = bands[Math.min(row + 1, this.rows - 1) * BAND_COUNT + index];
    return (a + (b - a) * part) / 65535;
  }

  /**
   * Pulse of a kind of event over the frame [t0, t1): full height where one falls into the frame, then an
   * exponential fall with time constant releaseS. There is no attack.
   * @param {EventKind} kind
   * @param {number} t0
   * @param {number} t1
   * @param {number} releaseS
   */
  pulse(kind, t0, t1, releaseS) {
    return this.events[kind].pulse(t0, t1, releaseS);
  }

  /**
   * The last event of a kind before t1, or null.
   * @param {EventKind} kind
   * @param {number} t1
   */
  since(kind, t1) {
    return this.events[kind].since(t1);
  }

  /**
   * Events of a kind in [a, b).
   * @param {EventKind} kind
   * @param {number} a
   * @param {number} b
   */
  eventsBetween(kind, a, b) {
    return this.events[kind].between(a, b);
  }

  /**
   * The section that sounds at time t.
   * @param {number} t
   * @returns {SectionView}
   */
  sectionAt(t) {
    let index = this.sections.length - 1;
    while (index > 0 && this.sections[index].startS > t) index -= 1;
    const section = this.sections[index];
    const length = section.endS - section.startS;
    const progress = length > 0 ? Math.min(1, Math.max(0, (t - section.startS) / length)) : 0;
    return {...section, index, progress};
  }

  /**
   * The waveform around time t, -1..1, lined up on a rising zero crossing.
   * @param {number} t
   * @param {number} spanS
   * @param {Float32Array} out
   */
  waveform(t, spanS, out) {
    return readWaveform(this.data.wave, WAVE_PER_ROW / HOP_S, t, spanS, out);
  }

  /**
   * Place within the current beat, 0 on a beat to just under 1 before the next; outside the tracked beats the
   * nearest interval is continued, and a song without beats stays at 0.
   * @param {number} t
   */
  beatPhase(t) {
    const {beats} = this;
    if (beats.length < 2) return 0;
    const next = Math.min(beats.length - 1, Math.max(1, this.events.beat.countBefore(t + 1e-9)));
    const phase = (t - beats[next - 1]) / (beats[next] - beats[next - 1]);
    return phase - Math.floor(phase);
  }

  /** @param {number} t */
  rowAt(t) {
    const x = Math.min(this.rows - 1, Math.max(0, t / HOP_S));
    const row = Math.floor(x);
    return {row, part: x - row};
  }
}

/**
 * @param {FeatureTrackData} data
 * @returns {Onset[]}
 */
function readOnsets(data) {
  return Array.from(data.onsetSamples, (sample, i) => ({
    timeS: sample / data.sampleRate,
    strength: data.onsetStrength[i] / 65535,
    kind: kindName(data.onsetKinds[i]),
    low: data.onsetLow[i] / 65535,
    mid: data.onsetMid[i] / 65535,
    high: data.onsetHigh[i] / 65535,
  }));
}

/**
 * @param {FeatureTrackData} data
 * @returns {Section[]}
 */
function readSections(data) {
  return data.sections.map(({start, end, label, energy}) => ({
    startS: start / data.sampleRate,
    endS: end / data.sampleRate,
    label,
    energy,
  }));
}
