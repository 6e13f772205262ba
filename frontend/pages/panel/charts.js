// Draws the charts of the dashboard. Their figures stand beside them as JSON, and as a table for whoever sees no chart.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './charts.css';
import {axisText, periodText} from './chart-words.js';
import {lonePoints} from './lone-points.js';

/**
 * @typedef {{label: string, values: (number | null)[]}} Line
 * @typedef {{step: 'hour' | 'day' | 'week', unit: string, currency: string, times: number[], lines: Line[],
 *   before: (number | null)[] | null}} Drawing
 */

const HEIGHT = 168;
const COLOURS = 8;
/** Where lines may lie, so that their values are round ones. @type {Record<string, number[]>} */
const STEPS = {
  number: Array.from({length: 10}, (_, power) => [1, 2, 5].map((value) => value * 10 ** power)).flat(),
  seconds: [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200, 14_400, 28_800, 86_400, 172_800, 604_800],
};
/** The least that an axis reaches to: with all values at 0, its lines would all be called 0. @type {Record<string, number>} */
const LEAST_TOPS = {number: 4, money: 400, bytes: 1e6};
/** All charts show the same moment when the pointer is over one of them. */
const sync = uPlot.sync('dashboard');
/** @type {Map<HTMLElement, uPlot>} the plots by the element that holds them */
const plots = new Map();

const resized = new ResizeObserver((entries) => {
  for (const {target, contentRect} of entries) {
    const width = Math.floor(contentRect.width);
    const plot = plots.get(/** @type {HTMLElement} */ (target));
    if (plot && width && width !== plot.width) plot.setSize({width, height: HEIGHT});
  }
});

for (const place of document.querySelectorAll('.chart .plot')) {
  if (!(place instanceof HTMLElement)) continue;
  place.hidden = false;
  draw(place);
  resized.observe(place);
}

// Colours are drawn into the picture: another theme needs another picture.
matchMedia('(prefers-color-scheme: light)').addEventListener('change', () => {
  for (const [place, plot] of plots) {
    plot.destroy();
    draw(place);
  }
});

/** @param {HTMLElement} place */
function draw(place) {
  const figure = /** @type {HTMLElement} */ (place.closest('.chart'));
  const drawing = /** @type {Drawing} */ (JSON.parse(figure.querySelector('.drawing')?.textContent ?? '{}'));
  const columns = [...drawing.lines.map(({values}) => values), ...(drawing.before ? [drawing.before] : [])];
  const data = /** @type {uPlot.AlignedData} */ ([drawing.times, ...columns]);
  plots.set(place, new uPlot(options(drawing, figure, place.clientWidth), data, place));
}

/**
 * @param {Drawing} drawing
 * @param {HTMLElement} figure
 * @param {number} width
 * @returns {uPlot.Options}
 */
function options(drawing, figure, width) {
  const css = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => css.getPropertyValue(name).trim();
  const axis = {stroke: colour('--quiet'), ticks: {show: false}, font: `11px ${colour('--font')}`};
  return {
    width,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    legend: {show: false},
    // The last name below the axis is centred on the right edge: half of "30 Nov" or "Nov 2026" lies beyond it.
    padding: [8, drawing.step === 'week' ? 30 : 22, 0, 0],
    cursor: {sync: {key: sync.key}, y: false, drag: {x: false, y: false}, points: {size: 7}},
    scales: {y: {range: (_, least, most) => range(drawing.unit, least, most)}},
    axes: [
      {...axis, size: 28, space: 68, grid: {show: false}, values: (_, times) => times.map((at) => periodText(at, drawing.step))},
      {
        ...axis,
        size: 54,
        space: 36,
        incrs: STEPS[drawing.unit],
        grid: {stroke: colour('--chart-grid'), width: 1},
        values: (_, values) => values.map((value) => axisText(value, drawing)),
      },
    ],
    series: [{}, ...lines(drawing, colour)],
    hooks: {setCursor: [(plot) => tell(plot, figure)]},
  };
}

/**
 * @param {Drawing} drawing
 * @param {(name: string) => string} colour
 * @returns {uPlot.Series[]}
 */
function lines(drawing, colour) {
  const isAlone = drawing.lines.length === 1;
  const present = drawing.lines.map(({label}, number) => {
    const stroke = colour(`--chart-${(number % COLOURS) + 1}`);
    return {label, stroke, width: 2, points: dots(stroke, 5), fill: isAlone ? colour('--chart-fill') : undefined};
  });
  if (!drawing.before) return present;
  const stroke = colour('--chart-before');
  return [...present, {label: 'Range before', stroke, width: 1.5, dash: [4, 4], points: {...dots(stroke, 4), show: false}}];
}

/**
 * Dots on all values where there is room for them, and always on those that no line shows.
 * @param {string} fill
 * @param {number} size
 * @returns {uPlot.Series.Points}
 */
function dots(fill, size) {
  return {size, fill, filter: (plot, number, areShown) => (areShown ? null : lonePoints(plot.data[number] ?? []))};
}

/**
 * From nothing to a bit more than the most. Of a high rate, what is missing to 100 % is what one wants to see.
 * @param {string} unit
 * @param {number | null} least
 * @param {number | null} most
 * @returns {[number, number]}
 */
function range(unit, least, most) {
  if (unit === 'share' && least !== null && least > 0.6) return [Math.max(0, 1 - (1 - least) * 1.5 - 0.005), 1];
  if (unit === 'share') return [0, Math.max(0.01, Math.min(1, (most ?? 1) * 1.1))];
  return [Math.min(0, least ?? 0), Math.max(most ?? 0, LEAST_TOPS[unit] ?? 1e-3) * 1.08];
}

/**
 * Tell the values under the pointer: the table has them in words, the latest period first.
 * @param {uPlot} plot
 * @param {HTMLElement} figure
 */
function tell(plot, figure) {
  const rows = figure.querySelectorAll('tbody tr');
  const at = plot.cursor.idx;
  const row = at === null || at === undefined ? undefined : rows[rows.length - 1 - at];
  const cells = row ? [...row.children].map((cell) => cell.textContent?.trim() ?? '') : [];
  const when = /** @type {HTMLElement} */ (figure.querySelector('.when'));
  when.textContent = cells[0] ?? '';
  figure.querySelectorAll('.legend [data-total]').forEach((value, number) => {
    const total = /** @type {HTMLElement} */ (value).dataset.total ?? '';
    value.textContent = row ? (cells[number + 1] ?? '') : total;
  });
}
