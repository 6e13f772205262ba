import '../browser.js';
import {expect, test} from 'vitest';
import {secondsIn, timeText} from '../../pages/studio/panels/part.js';

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
  [0, '0:00'],
  [8, '0:08'],
  [83.25, '1:23.3'],
  [59.97, '1:00'],
  [720.4, '12:00.4'],
])('%s seconds are shown as “%s”', (seconds, text) => expect(timeText(seconds)).toBe(text));
