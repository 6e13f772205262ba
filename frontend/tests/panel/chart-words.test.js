import {expect, test} from 'vitest';
import {axisText, periodText} from '../../pages/panel/chart-words.js';

const NOON = Date.UTC(2026, 10, 29, 12) / 1000;
const MIDNIGHT = Date.UTC(2026, 10, 29) / 1000;

test('an hour is told by its time, and where a day begins by its date, in UTC', () => {
  expect(periodText(NOON, 'hour')).toBe('12:00');
  expect(periodText(MIDNIGHT, 'hour')).toBe('29 Nov');
});

test('days are told by their date, weeks by their month', () => {
  expect(periodText(MIDNIGHT, 'day')).toBe('29 Nov');
  expect(periodText(MIDNIGHT, 'week')).toBe('Nov 2026');
});

test.each([
  ['number', 1200, '1.2K'],
  ['number', 0.5, '0.5'],
  ['frames_per_s', 41, '41'],
  ['seconds', 45, '45 s'],
  ['seconds', 90, '1.5 min'],
  ['seconds', 7200, '2 h'],
  ['seconds', 172_800, '2 d'],
  ['share', 0.982, '98.2 %'],
  ['bytes', 2.4e9, '2.4 GB'],
  ['bytes', 0, '0 B'],
  ['money', 149_900, '$1.5K'],
])('%s %d is %s', (unit, value, text) => {
  expect(axisText(value, {unit, currency: unit === 'money' ? 'usd' : ''})).toBe(text);
});

test('a currency without decimals is counted in its own units', () => {
  expect(axisText(500, {unit: 'money', currency: 'jpy'})).toBe('¥500');
});

test('no value has no text', () => {
  expect(axisText(null, {unit: 'number', currency: ''})).toBe('');
});
