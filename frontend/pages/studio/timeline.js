// The song from end to end: loudness coloured by section, beats when near, the drop, trim handles, the place now.
import {clock} from '../../lib/words.js';
import {HANDLE_PX, drawPlace, drawStill} from './timeline-drawing.js';
import {bound, clampView, nearestEdge, timeAt, zoomed} from './timeline-view.js';

/** @typedef {import('../../sound/track.js').FeatureTrack} FeatureTrack */
/** @typedef {{start: number, end: number}} View seconds from edge to edge */

/**
 * Events: `seek` {timeS}, `trim` {startS, endS, done}.
 */
export class Timeline extends HTMLElement {
  /** @type {FeatureTrack | null} */
  #track = null;
  /** @type {View} */
  #view = {start: 0, end: 1};
  #timeS = 0;
  #range = {startS: 0, endS: 1};
  /** @type {'seek' | 'start' | 'end' | null} */
  #drag = null;
  /** @type {Map<number, number>} x of each finger or mouse button that is down */
  #pointers = new Map();
  #asked = 0;
  /** All but the place, which alone changes sixty times a second. */
  #still = document.createElement('canvas');
  /** Whether that layer is out of date. */
  #isStale = true;

  connectedCallback() {
    if (this.canvas) return;
    this.canvas = document.createElement('canvas');
    this.append(this.canvas);
    this.tabIndex = 0;
    this.setAttribute('role', 'slider');
    this.setAttribute('aria-label', 'Place in the song');
    for (const name of ['aria-valuemin', 'aria-valuemax', 'aria-valuenow']) this.setAttribute(name, '0');
    new ResizeObserver(() => this.#redraw()).observe(this);
    this.addEventListener('pointerdown', (event) => this.#down(event));
    this.addEventListener('pointermove', (event) => this.#move(event));
    this.addEventListener('pointerup', (event) => this.#up(event));
    this.addEventListener('pointercancel', (event) => this.#up(event));
    this.addEventListener('dblclick', () => {
      this.#view = {start: 0, end: this.#durationS};
      this.#redraw();
    });
    this.addEventListener('wheel', (event) => this.#wheel(event), {passive: false});
  }

  /** @param {FeatureTrack | null} track */
  set track(track) {
    if (track === this.#track) return;
    this.#track = track;
    this.#view = {start: 0, end: track?.durationS ?? 1};
    this.setAttribute('aria-valuemax', String(Math.round(track?.durationS ?? 0)));
    this.#redraw();
  }

  /** @param {{startS: number, endS: number}} range */
  set range(range) {
    this.#range = range;
    this.#redraw();
  }

  /** @param {number} timeS */
  set time(timeS) {
    if (timeS === this.#timeS) return;
    this.#timeS = timeS;
    const {start, end} = this.#view;
    // While zoomed in, the view follows what is heard.
    if (!this.#drag && (timeS < start || timeS > end)) {
      this.#view = clampView({start: timeS - 0.1 * (end - start), end: timeS + 0.9 * (end - start)}, this.#durationS);
      this.#isStale = true;
    }
    const second = String(Math.floor(timeS));
    if (second !== this.getAttribute('aria-valuenow')) {
      this.setAttribute('aria-valuenow', second);
      this.setAttribute('aria-valuetext', `${clock(timeS)} of ${clock(this.#durationS)}, ${this.#track?.sectionAt(timeS).label ?? ''}`);
    }
    this.#ask();
  }

  get #durationS() {
    return this.#track?.durationS ?? 1;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!this.#track) return;
    this.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, event.offsetX);
    if (this.#pointers.size > 1) {
      this.#drag = null;
      return;
    }
    const width = this.clientWidth;
    this.#drag = nearestEdge(event.offsetX, this.#range, this.#view, width, HANDLE_PX) ?? 'seek';
    this.#follow(event.offsetX, false);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const width = this.clientWidth;
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) {
      this.style.cursor = nearestEdge(event.offsetX, this.#range, this.#view, width, HANDLE_PX) ? 'ew-resize' : 'pointer';
      return;
    }
    if (this.#pointers.size === 2) this.#pinch(event, width);
    this.#pointers.set(event.pointerId, event.offsetX);
    if (this.#drag) this.#follow(event.offsetX, false);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (this.#drag && this.#pointers.has(event.pointerId)) this.#follow(event.offsetX, true);
    this.#pointers.delete(event.pointerId);
    this.#drag = null;
  }

  /**
   * @param {PointerEvent} event
   * @param {number} width
   */
  #pinch(event, width) {
    const [a = 0, b = 1] = [...this.#pointers.values()];
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId);
    const other = others[0]?.[1] ?? 0;
    const factor = Math.abs(a - b) / Math.max(8, Math.abs(event.offsetX - other));
    this.#view = zoomed(this.#view, timeAt((event.offsetX + other) / 2, this.#view, width), factor, this.#durationS);
    this.#redraw();
  }

  /**
   * @param {number} x
   * @param {boolean} done
   */
  #follow(x, done) {
    const timeS = bound(timeAt(x, this.#view, this.clientWidth), 0, this.#durationS);
    if (this.#drag === 'seek') {
      this.dispatchEvent(new CustomEvent('seek', {detail: {timeS}}));
      return;
    }
    const {startS, endS} = this.#range;
    const range = this.#drag === 'start' ? {startS: Math.min(timeS, endS - 1), endS} : {startS, endS: Math.max(timeS, startS + 1)};
    this.dispatchEvent(new CustomEvent('trim', {detail: {...range, done}}));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (!this.#track) return;
    event.preventDefault();
    const {start, end} = this.#view;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
      const moved = ((event.deltaX || event.deltaY) / this.clientWidth) * (end - start);
      this.#view = clampView({start: start + moved, end: end + moved}, this.#durationS);
    } else {
      this.#view = zoomed(this.#view, timeAt(event.offsetX, this.#view, this.clientWidth), 1.0015 ** event.deltaY, this.#durationS);
    }
    this.#redraw();
  }

  #redraw() {
    this.#isStale = true;
    this.#ask();
  }

  #ask() {
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      this.#draw();
    });
  }

  #draw() {
    const {canvas} = this;
    if (!canvas || !this.clientWidth) return;
    const scale = Math.min(2, devicePixelRatio);
    const [width, height] = [this.clientWidth, this.clientHeight];
    for (const layer of [canvas, this.#still]) {
      if (layer.width === Math.round(width * scale) && layer.height === Math.round(height * scale)) continue;
      layer.width = Math.round(width * scale);
      layer.height = Math.round(height * scale);
      this.#isStale = true;
    }
    if (this.#isStale) this.#drawLayer(penOf(this.#still, scale), width, height);
    const pen = penOf(canvas, scale);
    pen.clearRect(0, 0, width, height);
    pen.drawImage(this.#still, 0, 0, width, height);
    if (this.#track) drawPlace({pen, view: this.#view, width, height}, this.#timeS);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {number} width
   * @param {number} height
   */
  #drawLayer(pen, width, height) {
    pen.font = `500 11px ${getComputedStyle(this).fontFamily}`;
    drawStill({pen, view: this.#view, width, height}, this.#track, this.#range);
    this.#isStale = false;
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} scale pixels of the canvas in one of the page's
 */
function penOf(canvas, scale) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  return pen;
}

customElements.define('oriel-timeline', Timeline);
