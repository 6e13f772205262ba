// Title and artist: measured, fitted and drawn once into a plate, which the overlay shows.
import {markTop, textRoom} from './layout.js';
import {capitals, directionOf, familiesFor, isSpaced} from './scripts.js';
import {twoLines} from './two-lines.js';

/**
 * @typedef {object} TextPlate
 * @property {OffscreenCanvas} canvas premultiplied picture of the text
 * @property {number} x left edge in the frame, pixels
 * @property {number} y upper edge in the frame, pixels from above
 */

/** @typedef {{text: string, size: number, weight: number, tracking: number, alpha: number, isCut?: boolean}} Line size and tracking in pixels */

/** @typedef {{line: Line, wide: number, above: number, below: number}} SetLine pixels from the baseline */

// Of the size, above and below the baseline; a letter that stands higher or hangs lower takes the room that it needs.
const ABOVE = .96;
const BELOW = .26;
// More than any script stacks: a text of a hundred accents must not fill the frame.
const TALLEST = 1.8;
// Of the size: a longer text is set in two lines, no smaller than one line may be.
const SMALLEST = .7;
// Between title and artist, of the frame's shorter side: hanging letters must not touch the line below.
const GAP = .012;

/**
 * Draw title and artist where this frame shape wants them; null when there is nothing to say.
 * @param {string} title
 * @param {string} artist
 * @param {number} width of the frame, pixels
 * @param {number} height
 * @param {'wide' | 'tall' | 'square'} shape
 * @returns {TextPlate | null}
 */
export function textPlate(title, artist, width, height, shape) {
  if (!title && !artist) return null;
  const lines = fittedLines(title, artist, width, height, shape);
  return drawPlate(lines, width, height, shape);
}

/**
 * The lines that this frame shape has room for; `isCut` where a line ends with an ellipsis.
 * @param {string} title
 * @param {string} artist
 * @param {number} width of the frame, pixels
 * @param {number} height
 * @param {'wide' | 'tall' | 'square'} shape
 * @returns {{title: Line[], artist: Line[]}}
 */
export function fittedLines(title, artist, width, height, shape) {
  const unit = Math.min(width, height);
  const room = textRoom(width, height);
  const ink = new OffscreenCanvas(1, 1).getContext('2d');
  if (!ink) throw new Error('no 2D canvas');
  return {
    title: fit(ink, title.normalize('NFC'), unit * (shape === 'tall' ? .066 : .052), 640, -.012, 1, room),
    artist: fit(ink, capitals(artist.normalize('NFC')), unit * (shape === 'tall' ? .032 : .026), 540, .18, .8, room),
  };
}

/**
 * One line that fits, somewhat smaller if need be; then two lines; then cut with an ellipsis.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {string} text
 * @param {number} size
 * @param {number} weight
 * @param {number} tracking in ems
 * @param {number} alpha
 * @param {number} room pixels
 * @returns {Line[]}
 */
function fit(ink, text, size, weight, tracking, alpha, room) {
  if (!text.trim()) return [];
  const ems = isSpaced(text) ? tracking : 0;
  const line = (/** @type {string} */ part, /** @type {number} */ at) => ({text: part, size: at, weight, tracking: ems * at, alpha});
  const shrunk = Math.min(size, size * room / lineWidth(ink, line(text, size)));
  if (shrunk >= size * SMALLEST) return [line(text, shrunk)];
  const small = size * SMALLEST;
  const smaller = (/** @type {string} */ part) => line(part, small);
  const parts = twoLines(text, (part) => lineWidth(ink, smaller(part)) <= room);
  return parts.map((part) => {
    const shown = cut(ink, part, smaller, room);
    return {...smaller(shown), isCut: shown !== part};
  });
}

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {string} text
 * @param {(part: string) => Line} line
 * @param {number} room
 */
function cut(ink, text, line, room) {
  if (lineWidth(ink, line(text)) <= room) return text;
  // By grapheme: half an emoji or a letter without its accent is not a letter.
  const letters = Array.from(new Intl.Segmenter().segment(text), ({segment}) => segment);
  while (letters.length > 1 && lineWidth(ink, line(`${letters.join('')}…`)) > room) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {Line} line
 */
function setFont(ink, line) {
  ink.font = `${line.weight} ${line.size}px ${familiesFor(line.text)}`;
  ink.letterSpacing = `${line.tracking}px`;
  ink.textBaseline = 'alphabetic';
  ink.direction = directionOf(line.text);
  ink.textAlign = 'left';
}

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {Line} line
 * @returns {SetLine}
 */
function measured(ink, line) {
  const wide = lineWidth(ink, line);
  const {actualBoundingBoxAscent: up, actualBoundingBoxDescent: down} = ink.measureText(line.text);
  const room = (/** @type {number} */ usual, /** @type {number} */ needed) =>
    Math.min(Math.max(line.size * usual, needed + line.size * .1), line.size * TALLEST);
  return {line, wide, above: room(ABOVE, up), below: room(BELOW, down)};
}

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {Line} line
 */
function lineWidth(ink, line) {
  setFont(ink, line);
  return Math.max(1, ink.measureText(line.text).width - line.tracking);
}

/**
 * @param {{title: Line[], artist: Line[]}} lines
 * @param {number} width
 * @param {number} height
 * @param {'wide' | 'tall' | 'square'} shape
 * @returns {TextPlate}
 */
function drawPlate({title, artist}, width, height, shape) {
  const unit = Math.min(width, height);
  const pad = Math.ceil(unit * .03);
  const canvas = new OffscreenCanvas(1, 1);
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const set = [...title, ...artist].map((line) => measured(ink, line));
  if (title.length && artist.length) set[title.length - 1].below += unit * GAP;
  canvas.width = Math.ceil(Math.max(...set.map(({wide}) => wide))) + 2 * pad;
  canvas.height = Math.ceil(set.reduce((sum, {above, below}) => sum + above + below, 0)) + 2 * pad;
  const free = shape === 'tall' ? .5 : directionOf(set[0].line.text) === 'rtl' ? 1 : 0;
  let y = pad;
  for (const {line, wide, above, below} of set) {
    drawLine(ink, line, pad + (canvas.width - 2 * pad - wide) * free, y + above, pad);
    y += above + below;
  }
  return {canvas, ...place(canvas, width, height, shape, pad)};
}

/**
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {Line} line
 * @param {number} x
 * @param {number} y
 * @param {number} pad
 */
function drawLine(ink, line, x, y, pad) {
  setFont(ink, line);
  // A soft dark halo keeps it legible over a bright moment; on a dark ground it is not seen.
  ink.shadowColor = 'rgba(0, 0, 0, .55)';
  ink.shadowBlur = pad * .5;
  ink.fillStyle = `rgba(255, 255, 255, ${line.alpha})`;
  ink.fillText(line.text, x, y);
  ink.shadowColor = 'transparent';
}

/**
 * On a grid with safe margins: below the subject in a tall frame, above the platforms' own buttons; else lower left.
 * @param {OffscreenCanvas} canvas
 * @param {number} width
 * @param {number} height
 * @param {'wide' | 'tall' | 'square'} shape
 * @param {number} pad
 */
function place(canvas, width, height, shape, pad) {
  if (shape === 'tall') return {x: Math.round((width - canvas.width) / 2), y: Math.round(height * .7)};
  const margin = Math.round(Math.min(width, height) * .065);
  return {x: margin - pad, y: height - margin - canvas.height + pad};
}

/**
 * The mark of a free render, as a plate: upper left in a tall frame (the lower part belongs to the platforms), else
 * lower right.
 * @param {number} width
 * @param {number} height
 * @param {'wide' | 'tall' | 'square'} shape
 * @returns {TextPlate}
 */
export function watermarkPlate(width, height, shape) {
  // In proportion, also where a slow machine previews a picture of 180 lines.
  const size = Math.max(4, Math.min(width, height) * .03);
  const pad = Math.ceil(size);
  const line = {text: 'ORIEL', size, weight: 700, tracking: size * .26, alpha: .62};
  const canvas = new OffscreenCanvas(1, 1);
  const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const wide = lineWidth(ink, line);
  canvas.width = Math.ceil(wide + size * 1.5) + 2 * pad;
  canvas.height = Math.ceil(size) + 2 * pad;
  drawMark(ink, pad + size * .5, pad + size * .5, size * .58);
  drawLine(ink, line, pad + size * 1.5, pad + size * .86, pad);
  const margin = Math.round(Math.min(width, height) * .05);
  const y = shape === 'tall' ? Math.round(markTop(width, height)) - pad : height - margin - canvas.height + pad;
  return {canvas, x: shape === 'tall' ? margin - pad : width - margin - canvas.width + pad, y};
}

/**
 * The product's mark, as in the header of the pages: a window with a sound in it.
 * @param {OffscreenCanvasRenderingContext2D} ink
 * @param {number} x the middle
 * @param {number} y the middle
 * @param {number} r
 */
function drawMark(ink, x, y, r) {
  ink.strokeStyle = 'rgba(255, 255, 255, .62)';
  ink.lineWidth = r * .16;
  ink.lineJoin = ink.lineCap = 'round';
  ink.beginPath();
  for (let corner = 0; corner < 6; corner++) ink.lineTo(x + r * Math.sin(corner * Math.PI / 3), y - r * Math.cos(corner * Math.PI / 3));
  ink.closePath();
  for (const [across, half] of /** @type {const} */ ([[-.35, .25], [0, .46], [.35, .22]])) {
    ink.moveTo(x + r * across, y - r * half);
    ink.lineTo(x + r * across, y + r * half);
  }
  ink.stroke();
}
