import {expect, test} from 'vitest';
import {about, clock, counted, date, daysLeft, initials, moment, money, percent, shortDate, size} from '../../lib/words.js';
import {nextPage} from '../../lib/next.js';
import {deviceOf} from '../../pages/account/device.js';

test.each([[0, '0:00'], [59.9, '0:59'], [125.4, '2:05'], [3600, '1:00:00'], [-1, '0:00']])('%d s is %s', (seconds, words) => {
  expect(clock(seconds)).toBe(words);
});

test.each([[3, 'a few seconds'], [41, 'about 40 seconds'], [70, 'about a minute'], [150, 'about 3 minutes'], [7200, 'about 2 hours']])('%d s is %s', (seconds, words) => {
  expect(about(seconds)).toBe(words);
});

test.each([['Ada Lovelace', 'AL'], ['ada@example.com', 'A'], ['  Ада  Б. Вест ', 'АВ'], ['🦊 band', '🦊B'], ['', '']])('%s is %s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});

test.each([[0, '0 kB'], [120, '1 kB'], [2_400_000, '2.4 MB'], [95_400_000, '95 MB'], [1_240_000_000, '1.2 GB']])('%d bytes are %s', (bytes, words) => {
  expect(size(bytes)).toBe(words);
});

test.each([[999, 'usd', '$9.99'], [2000, 'usd', '$20.00'], [-2000, 'usd', '-$20.00'], [0, 'usd', '$0'], [1250, 'usd', '$12.50'], [999, 'jpy', '¥999'], [999, 'chf', 'CHF\u00a09.99'], [-999, 'eur', '-€9.99']])('%d %s are %s', (amount, currency, words) => {
  expect(money(amount, currency)).toBe(words);
});

test('the year is said only where it is not this one', () => {
  const now = new Date(2026, 10, 28);
  expect(date(new Date(2026, 0, 3).toISOString(), now)).toBe('3 January');
  expect(date(new Date(2027, 0, 3).toISOString(), now)).toBe('3 January 2027');
  expect(shortDate(new Date(2026, 0, 3).toISOString(), now)).toBe('3 Jan');
  expect(shortDate(new Date(2027, 0, 3).toISOString(), now)).toBe('3 Jan 2027');
  expect(moment(new Date(2026, 11, 20, 15, 4).toISOString(), now)).toBe('20 December, 15:04');
});

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'Edge on Windows'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari on iPhone'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  ['python-httpx/0.28', 'python-httpx'], ['', 'Unknown program'],
])('%s is %s', (userAgent, words) => {
  expect(deviceOf(userAgent)).toBe(words);
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

test.each([
  ['2026-03-04T12:00:00Z', 'Kept 3 more days'], ['2026-03-03T12:00:01Z', 'Kept 3 more days'],
  ['2026-03-02T11:00:00Z', 'Deleted within a day'], ['2026-02-28T12:00:00Z', 'Deleted within a day'],
])('what is kept until %s has “%s”', (until, words) => {
  expect(daysLeft(until, new Date('2026-03-01T12:00:00Z'))).toBe(words);
});
