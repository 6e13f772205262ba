import {expect, test} from 'vitest';
import {lonePoints} from '../../pages/panel/lone-points.js';

test.each([
  ['one value at the end', [null, null, 3], [2]],
  ['one value at the beginning', [0, null, null], [0]],
  ['one value in all', [5], [0]],
  ['values with holes around them', [1, null, 2, null, 3, 4], [0, 2]],
  ['values side by side', [1, 2, 0, 3], []],
  ['no value', [null, null], []],
  ['nothing', [], []],
])('%s', (_, values, places) => {
  expect(lonePoints(values)).toEqual(places);
});
