// The small picture of a project in the list.
import {smaller} from './project-pictures.js';

/** @typedef {import('./studio.js').Studio} Studio */

/** A picture costs a moment of drawing and two writes. */
const EVERY_MS = 5000;

/** What the stage of a project shows, drawn and uploaded from time to time. */
export class Thumbnail {
  #takenAt = -Infinity;
  #timer = 0;

  /**
   * @param {Studio} studio
   * @param {(file: File) => Promise<string>} send uploads a picture; its id
   */
  constructor(studio, send) {
    this.studio = studio;
    this.send = send;
  }

  /** Draw and upload it. @returns {Promise<string | null>} its upload; null where there is none, or one was sent a moment ago */
  async take() {
    // Without a song the stage shows our example, with its title.
    if (!this.studio.song || this.#takenAt + EVERY_MS > performance.now()) return null;
    try {
      const poster = await this.studio.engine.poster();
      if (!poster) return null;
      const id = await this.send(new File([await smaller(poster)], 'thumbnail.jpg', {type: 'image/jpeg'}));
      this.#takenAt = performance.now();
      return id;
    } catch {
      // The project is worth more than its picture.
      return null;
    }
  }

  /**
   * Call `act` as soon as one can be taken again, and not before some time has passed.
   * @param {number} leastMs
   * @param {() => void} act
   */
  takeLater(leastMs, act) {
    this.stop();
    const waitMs = this.#takenAt + EVERY_MS - performance.now();
    this.#timer = window.setTimeout(act, Math.ceil(Math.max(leastMs, waitMs)));
  }

  /** The one that was sent is another project's: the next may be taken at once. */
  renew() {
    this.#takenAt = -Infinity;
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
