import {expect, it} from 'vitest';

import {textPresence, timeWithText} from '../../looks/core/text-times.js';

const seenAt = (/** @type {number} */ t) => {
  const {entered, left} = textPresence(t, 10, 40);
  return entered * left;
};

it('brings the text in after the start and takes it away before the end', () => {
  expect([10, 11, 38, 39.9].map(seenAt)).toEqual([0, 1, 1, 0]);
});

it('finds the moment nearest to another one at which the text is there', () => {
  expect([10.1, 20, 39.9].map((t) => seenAt(timeWithText(t, 10, 40)))).toEqual([1, 1, 1]);
  expect(timeWithText(20, 10, 40)).toBe(20);
});

it('takes the middle of a video without the moment', () => {
  expect(timeWithText(5, 10, 40)).toBe(25);
});

it.each([1, 2, 4.9])('shows all of the text in a video of %s seconds', (length) => {
  const moment = timeWithText(0, 0, length);
  const {entered, left} = textPresence(moment, 0, length);
  expect(entered * left).toBe(1);
  expect(textPresence(0, 0, length).entered).toBe(0);
  expect(textPresence(length, 0, length).left).toBe(0);
});
