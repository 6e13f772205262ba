// Moments in a song (onsets by kind, beats): sorted lists that answer "what has just happened".

/** Bits of `onsetKinds`; one onset may be several at once, as when a clap falls on a kick. */
export const KICK = 1;
export const SNARE = 2;
export const HAT = 4;

/** @typedef {'kick'|'snare'|'hat'|'onset'|'beat'} EventKind */
/** @typedef {{timeS: number, ageS: number, strength: number, index: number}} LastEvent */
/** @typedef {{timeS: number, strength: number, index: number}} TimedEvent */

/** Below exp(-7), under a thousandth, a pulse is not seen. */
const FORGOTTEN = 7;

export class EventList {
  /**
   * @param {Float64Array} times ascending, in seconds
   * @param {Float32Array} strengths 0..1
   */
  constructor(times, strengths) {
    this.times = times;
    this.strengths = strengths;
    Object.freeze(this);
  }

  /** How many events lie before time t. @param {number} t */
  countBefore(t) {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] < t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Height of the pulse at a frame that stands for [t0, t1): events within count in full, so there is no attack.
   * @param {number} t0
   * @param {number} t1
   * @param {number} releaseS
   */
  pulse(t0, t1, releaseS) {
    const oldest = t0 - releaseS * FORGOTTEN;
    let strongest = 0;
    for (let i = this.countBefore(t1) - 1; i >= 0 && this.times[i] >= oldest; i--) {
      const age = t0 - this.times[i];
      const height = age > 0 ? this.strengths[i] * Math.exp(-age / releaseS) : this.strengths[i];
      if (height > strongest) strongest = height;
    }
    return strongest;
  }

  /**
   * The last event before t1, with its age at t1.
   * @param {number} t1
   * @returns {LastEvent|null}
   */
  since(t1) {
    const index = this.countBefore(t1) - 1;
    if (index < 0) return null;
    const timeS = this.times[index];
    return {timeS, ageS: t1 - timeS, strength: this.strengths[index], index};
  }

  /**
   * Events in [from, to).
   * @param {number} from
   * @param {number} to
   * @returns {TimedEvent[]}
   */
  between(from, to) {
    const found = [];
    const end = this.countBefore(to);
    for (let index = this.countBefore(from); index < end; index++) {
      found.push({timeS: this.times[index], strength: this.strengths[index], index});
    }
    return found;
  }
}

/**
 * Sort the stored onsets and beats into one list for each kind. A kind's strength is that of its own
 * frequency range, so that a soft kick under a hard clap stays soft.
 * @param {import('./track-codec.js').FeatureTrackData} data
 * @returns {Record<EventKind, EventList>}
 */
export function eventLists(data) {
  /** @param {number} bit @param {Uint16Array} strength */
  const ofKind = (bit, strength) => select(data, (i) => (data.onsetKinds[i] & bit) !== 0, strength);
  return {
    kick: ofKind(KICK, data.onsetLow),
    snare: ofKind(SNARE, data.onsetMid),
    hat: ofKind(HAT, data.onsetHigh),
    onset: select(data, () => true, data.onsetStrength),
    beat: new EventList(
      Float64Array.from(data.beatSamples, (sample) => sample / data.sampleRate),
      Float32Array.from(data.beatStrengths, (value) => value / 65535),
    ),
  };
}

/**
 * @param {import('./track-codec.js').FeatureTrackData} data
 * @param {(index: number) => boolean} wanted
 * @param {Uint16Array} strength
 */
function select(data, wanted, strength) {
  const chosen = Array.from(data.onsetSamples.keys()).filter(wanted);
  return new EventList(
    Float64Array.from(chosen, (i) => data.onsetSamples[i] / data.sampleRate),
    Float32Array.from(chosen, (i) => strength[i] / 65535),
  );
}

/**
 * The name of an onset that may be several kinds at once: the one that carries the rhythm first.
 * @param {number} kinds
 * @returns {'kick'|'snare'|'hat'|'onset'}
 */
export function kindName(kinds) {
  if (kinds & KICK) return 'kick';
  if (kinds & SNARE) return 'snare';
  return kinds & HAT ? 'hat' : 'onset';
}
