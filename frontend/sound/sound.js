// What one frame of video hears: a view of the feature track at the frame's middle and over its span.
import {BAND_COUNT} from './grid.js';

/** @typedef {import('./track.js').FeatureTrack} FeatureTrack */
/** @typedef {import('./track.js').CurveName} CurveName */
/** @typedef {import('./track.js').SectionView} SectionView */
/** @typedef {import('./events.js').EventKind} EventKind */

export class FrameSound {
  /** @param {FeatureTrack} track */
  constructor(track) {
    this.track = track;
    this.frame = 0;
    this.fps = 30;
    /** Middle of the frame in seconds; the frame stands for [t0, t1). */
    this.t = 0;
    this.t0 = 0;
    this.t1 = 0;
    /** @private */
    this.bandValues = new Float32Array(BAND_COUNT);
    /** @private */
    this.bandsReady = false;
    this.at(0, 30);
  }

  /**
   * Turn to a frame; i / fps rather than an added-up step, so that nothing drifts.
   * @param {number} frame
   * @param {number} fps
   * @returns {this}
   */
  at(frame, fps) {
    this.frame = frame;
    this.fps = fps;
    this.t = frame / fps;
    this.t0 = (frame - 0.5) / fps;
    this.t1 = (frame + 0.5) / fps;
    this.bandsReady = false;
    return this;
  }

  get bass() {
    return this.track.value('bass', this.t);
  }

  get mid() {
    return this.track.value('mid', this.t);
  }

  get treble() {
    return this.track.value('treble', this.t);
  }

  /** Slow: the loudness of 0.4 s around the frame. */
  get loudness() {
    return this.track.value('loudness', this.t);
  }

  /** -1 left .. 1 right. */
  get balance() {
    return this.track.value('balance', this.t);
  }

  /** How near this moment is to the song's strongest, 0..1, slow: the intro holds back, the drop is 1. */
  get intensity() {
    return this.track.value('intensity', this.t);
  }

  /** The 64 bands, low to high, 0..1; the same array each time, good until the next `at`. */
  get bands() {
    if (!this.bandsReady) this.track.bandsAt(this.t, this.bandValues);
    this.bandsReady = true;
    return this.bandValues;
  }

  /**
   * 1 (times its strength) in the frame that an event falls into, then an exponential fall.
   * @param {EventKind} kind
   * @param {number} releaseS
   */
  pulse(kind, releaseS) {
    return this.track.pulse(kind, this.t0, this.t1, releaseS);
  }

  /**
   * The last event up to this frame with its age at the middle of the frame, never negative; null before the first.
   * @param {EventKind} kind
   */
  since(kind) {
    const event = this.track.since(kind, this.t1);
    return event && {...event, ageS: Math.max(0, this.t - event.timeS)};
  }

  /**
   * Integral of a curve from the start of the song, in seconds.
   * @param {CurveName} name
   */
  integral(name) {
    return this.track.integral(name, this.t);
  }

  /**
   * A curve as it was ageS seconds ago: what trails are drawn from.
   * @param {CurveName} name
   * @param {number} ageS
   */
  history(name, ageS) {
    return this.track.value(name, this.t - ageS);
  }

  /** @returns {SectionView} */
  get section() {
    return this.track.sectionAt(this.t1 - 1e-9);
  }

  /**
   * The change into the current section: mix rises from 0 to 1, eased, over the first fadeS seconds of it.
   * @param {number} fadeS
   * @returns {{from: SectionView, to: SectionView, mix: number}}
   */
  sectionBlend(fadeS) {
    const to = this.section;
    if (to.index === 0) return {from: to, to, mix: 1};
    const from = {...this.track.sections[to.index - 1], index: to.index - 1, progress: 1};
    const part = Math.min(1, Math.max(0, (this.t1 - to.startS) / Math.max(fadeS, 1e-6)));
    return {from, to, mix: part * part * (3 - 2 * part)};
  }

  /** Place within the beat, 0 on it to just under 1. */
  get beatPhase() {
    return this.track.beatPhase(this.t);
  }
}
