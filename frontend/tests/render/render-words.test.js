import {expect, test} from 'vitest';
import {remaining, stageOf} from '../../pages/render/render-words.js';

/** @param {Record<string, any>} facts @returns {any} */
const status = (facts) => ({status: 'queued', stage: null, progress: 0, eta_s: 60, queue_position: 1, cancel_requested: false, ...facts});

test('a render that is held up is not said to be next', () => {
  expect(stageOf(status({queue_position: null, eta_s: null}))).toBe('Delayed by a problem on our side');
  expect(remaining(status({queue_position: null, eta_s: null}))).toContain('keep trying');
});

test('a render that waits has its place', () => {
  expect(stageOf(status({}))).toBe('Waiting, next in the queue');
  expect(stageOf(status({queue_position: 3}))).toBe('Waiting, number 3 in the queue');
  expect(remaining(status({}))).toContain('Ready in');
});
