// Which moment of the song is heard, and which frame belongs to it: the same numbers as in the render.

// A seek to a frame's own time must show that frame, although i / fps may come out a little below i when multiplied.
const ROUNDING = 1e-6;
/** More than this behind, and the sound has stopped or jumped. */
const JUMP_S = .3;
/** What the sound's own clock may lose against the computer's, in seconds a second. */
const DRIFT = .002;

/**
 * @param {number} t seconds
 * @param {number} fps
 */
export function frameAt(t, fps) {
  return Math.max(0, Math.floor(t * fps + ROUNDING));
}

/**
 * Frames of a video of so much sound, as the render counts them: at least one.
 * @param {number} samples at 48 kHz
 * @param {number} fps
 */
export function frameCount(samples, fps) {
  return Math.max(1, Math.floor((2 * samples * fps + 48_000) / 96_000));
}

/**
 * A steady clock out of a media element's time, which some browsers renew only every 20 to 250 ms: what it says is never
 * early, so the earliest of its reports are the right ones.
 */
export class SoundClock {
  constructor() {
    this.ahead = -Infinity;
    this.last = 0;
  }

  /** Forget everything: the sound starts, or jumps. */
  reset() {
    this.ahead = -Infinity;
    this.last = 0;
  }

  /**
   * Seconds into the song.
   * @param {number} now seconds, of a clock that never jumps
   * @param {number} heard what the media element says
   */
  at(now, heard) {
    const ahead = heard - now;
    const expected = this.ahead - DRIFT * (now - this.last);
    this.ahead = ahead > expected || ahead < expected - JUMP_S ? ahead : expected;
    this.last = now;
    return now + this.ahead;
  }
}
