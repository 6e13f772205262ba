// Draws the timeline: sections, loudness, beats, the drop, trim handles, and the place now.
import {xAt} from './timeline-view.js';

/** @typedef {import('../../sound/track.js').FeatureTrack} FeatureTrack */
/** @typedef {{startS: number, endS: number}} Range */
/**
 * Where to draw.
 * @typedef {object} Surface
 * @property {CanvasRenderingContext2D} pen with the font of the labels
 * @property {import('./timeline.js').View} view
 * @property {number} width pixels
 * @property {number} height
 */

const HUES = {intro: 265, verse: 285, build: 320, drop: 195, quiet: 250, outro: 265};
/** How near to an end of the range a pointer takes hold of it. */
export const HANDLE_PX = 10;
const HANDLE_WIDE = 7;
const BEATS_FROM_PX = 9;
const LABEL_PX = 42;

/**
 * Everything but the place.
 * @param {Surface} surface
 * @param {FeatureTrack | null} track
 * @param {Range} range
 */
export function drawStill(surface, track, range) {
  const {pen, width, height} = surface;
  pen.clearRect(0, 0, width, height);
  if (!track) return;
  drawSections(surface, track);
  drawWave(surface, track);
  drawBeats(surface, track);
  drawTrim(surface, range);
}

/** The place now. @param {Surface} surface @param {number} timeS */
export function drawPlace({pen, view, width, height}, timeS) {
  const x = xAt(timeS, view, width);
  pen.fillStyle = 'oklch(0.8 0.14 195)';
  pen.fillRect(x - 1, 0, 2, height);
  pen.beginPath();
  pen.arc(x, height - 3, 4, 0, 2 * Math.PI);
  pen.fill();
}

/** @param {Surface} surface @param {FeatureTrack} track */
function drawSections({pen, view, width, height}, track) {
  pen.textBaseline = 'top';
  for (const {startS, endS, label} of track.sections) {
    const [from, to] = [xAt(startS, view, width), xAt(endS, view, width)];
    if (to < 0 || from > width) continue;
    pen.fillStyle = colour(label, 0.26, 0.03);
    pen.fillRect(from + 0.5, 0, to - from - 1, height);
    if (to - Math.max(0, from) > LABEL_PX) {
      pen.fillStyle = colour(label, 0.8, 0.06);
      // The first one stands beside the handle.
      const left = Math.max(HANDLE_PX, from) + 6;
      pen.fillText(label, left, 4, to - left - 2);
    }
  }
}

/** Loudness, coloured by section. @param {Surface} surface @param {FeatureTrack} track */
function drawWave({pen, view, width, height}, track) {
  const {loudness} = track.data;
  const {start, end} = view;
  const middle = (height + 14) / 2;
  const most = (height - 22) / 2;
  for (let x = 0; x < width; x += 2) {
    const from = Math.floor((start + ((end - start) * x) / width) / track.hopS);
    const to = Math.max(from + 1, Math.floor((start + ((end - start) * (x + 2)) / width) / track.hopS));
    let peak = 0;
    for (let row = from; row < to && row < loudness.length; row++) peak = Math.max(peak, loudness[row] ?? 0);
    const tall = Math.max(1, most * (peak / 65535) ** 1.4);
    pen.fillStyle = colour(track.sectionAt(from * track.hopS).label, 0.76, 0.13);
    pen.fillRect(x, middle - tall, 1.4, 2 * tall);
  }
}

/** The drop, and beats that are far enough apart. @param {Surface} surface @param {FeatureTrack} track */
function drawBeats({pen, view, width, height}, track) {
  const {start, end} = view;
  const dropX = xAt(track.dropS, view, width);
  pen.fillStyle = 'oklch(0.95 0.05 195)';
  pen.beginPath();
  pen.moveTo(dropX - 5, 0);
  pen.lineTo(dropX + 5, 0);
  pen.lineTo(dropX, 7);
  pen.fill();
  const spacing = track.tempoBpm ? (60 / track.tempoBpm) * (width / (end - start)) : 0;
  if (spacing < BEATS_FROM_PX) return;
  pen.fillStyle = 'oklch(0.9 0.02 290 / 45%)';
  for (const beat of track.beats) {
    if (beat >= start && beat <= end) pen.fillRect(xAt(beat, view, width), height - 6, 1, 6);
  }
}

/** Handles at the ends of what is rendered, and shade over the rest. @param {Surface} surface @param {Range} range */
function drawTrim({pen, view, width, height}, {startS, endS}) {
  const [from, to] = [xAt(startS, view, width), xAt(endS, view, width)];
  pen.fillStyle = 'oklch(0.1 0.02 290 / 72%)';
  pen.fillRect(0, 0, from, height);
  pen.fillRect(to, 0, width - to, height);
  pen.fillStyle = 'oklch(0.96 0.01 290)';
  // Against a light page.
  pen.strokeStyle = 'oklch(0.1 0.02 290 / 60%)';
  for (const [x, side] of /** @type {const} */ ([[from, 1], [to, -1]])) {
    pen.beginPath();
    pen.roundRect(side > 0 ? x : x - HANDLE_WIDE, 0, HANDLE_WIDE, height, 2);
    pen.fill();
    pen.stroke();
    // A grip, so that it looks like something to take hold of.
    pen.clearRect(x + side * (HANDLE_WIDE / 2) - 0.75, height / 2 - 8, 1.5, 16);
  }
}

/**
 * @param {string} label
 * @param {number} lightness
 * @param {number} strength
 */
function colour(label, lightness, strength) {
  const hue = HUES[/** @type {keyof typeof HUES} */ (label)] ?? 290;
  return `oklch(${lightness} ${strength} ${hue})`;
}
