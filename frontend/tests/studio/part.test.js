import '../browser.js';
import {expect, test} from 'vitest';
import {partAfter, secondsIn, timeText} from '../../pages/studio/panels/part.js';

test.each([
  ['1:23.5', 83.5],
  ['83.5', 83.5],
  ['83,5', 83.5],
  [' 0:08 ', 8],
  ['12:00', 720],
  ['', null],
  ['1:2:3', null],
  ['soon', null],
  ['-3', null],
  ['1e3', null],
])('“%s” is %s seconds', (text, seconds) => expect(secondsIn(text)).toBe(seconds));

test.each([
  ['startS', 10, {startS: 10, endS: 40}],
  ['startS', 39.5, {startS: 39.5, endS: 59.5}],
  // Beyond the end: the part moves.
  ['startS', 50, {startS: 50, endS: 60}],
  ['startS', 500, {startS: 59, endS: 60}],
  ['endS', 25, {startS: 20, endS: 25}],
  ['endS', 5, {startS: 20, endS: 21}],
  ['endS', 500, {startS: 20, endS: 60}],
])('%s typed as %s', (edge, typed, part) => {
  expect(partAfter(/** @type {'startS' | 'endS'} */ (edge), typed, {startS: 20, endS: 40}, 60)).toEqual(part);
});

test('a part keeps its length when it is moved', () => {
  expect(partAfter('startS', 30, {startS: 0, endS: 8}, 60)).toEqual({startS: 30, endS: 38});
});

test.each([
  [0, '0:00'],
  [8, '0:08'],
  [83.25, '1:23.3'],
  [59.97, '1:00'],
  [720.4, '12:00.4'],
])('%s seconds are shown as “%s”', (seconds, text) => expect(timeText(seconds)).toBe(text));
