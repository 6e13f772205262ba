import {expect, test} from 'vitest';
import {about, clock, counted, percent, size} from '../../lib/words.js';
import {nextPage} from '../../lib/next.js';

test.each([[0, '0:00'], [59.9, '0:59'], [125.4, '2:05'], [3600, '1:00:00'], [-1, '0:00']])('%d s is %s', (seconds, words) => {
  expect(clock(seconds)).toBe(words);
});

test.each([[3, 'a few seconds'], [41, 'about 40 seconds'], [70, 'about a minute'], [150, 'about 3 minutes'], [7200, 'about 2 hours']])('%d s is %s', (seconds, words) => {
  expect(about(seconds)).toBe(words);
});

test.each([[120, '1 kB'], [2_400_000, '2.4 MB'], [95_400_000, '95 MB'], [1_240_000_000, '1.2 GB']])('%d bytes are %s', (bytes, words) => {
  expect(size(bytes)).toBe(words);
});

test('percent never says done before it is', () => {
  expect([percent(0.999), percent(1)]).toEqual(['99%', '100%']);
  expect([counted(1, 'render'), counted(2, 'render')]).toEqual(['1 render', '2 renders']);
});

test.each([
  ['?next=%2Frender%2Fabc', '/render/abc'], ['', '/studio'], ['?next=https%3A%2F%2Fevil.example', '/studio'],
  ['?next=%2F%2Fevil.example', '/studio'], ['?next=%2F%5Cevil.example', '/studio'], ['?next=javascript%3Aalert(1)', '/studio'],
])('%s leads to %s', (search, path) => {
  expect(nextPage(search, '/studio')).toBe(path);
});
