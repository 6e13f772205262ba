// What the page tells Python of the worker's calls.
import {beforeEach, expect, test, vi} from 'vitest';

/** @typedef {{begin: (method: string, args: object) => void, poll: () => {done: boolean}}} StagePage */

class FakeWorker {
  /** @type {{call: number}[]} */
  sent = [];
  /** @type {(event: {data: object}) => void} */
  onmessage = () => {};

  constructor() {
    worker = this;
  }

  /** @param {{call: number}} message */
  postMessage(message) {
    this.sent.push(message);
  }

  /**
   * Answer the call that was sent as number `index`.
   * @param {number} index
   * @param {object} news
   */
  answer(index, news) {
    this.onmessage({data: {call: this.sent[index].call, ...news}});
  }
}

/** @type {FakeWorker} */
let worker;
/** @type {StagePage} */
let stage;

beforeEach(async () => {
  vi.resetModules();
  vi.stubGlobal('Worker', FakeWorker);
  vi.stubGlobal('window', globalThis);
  await import('../../stage/stage.js');
  stage = /** @type {any} */ (globalThis).stage;
});

test('a call is done when its own answer has come', () => {
  stage.begin('open', {});
  expect(stage.poll()).toMatchObject({done: false, fraction: 0});
  worker.answer(0, {fraction: .5});
  expect(stage.poll()).toMatchObject({done: false, fraction: .5});
  worker.answer(0, {done: true, value: 7});
  expect(stage.poll()).toMatchObject({done: true, value: 7});
});

test('what comes late from an earlier call answers no later one', () => {
  stage.begin('frames', {});
  stage.begin('screenshot', {});
  worker.answer(0, {done: true, value: undefined});
  expect(stage.poll().done).toBe(false);
  worker.answer(1, {done: true, value: {bytes: 9}});
  expect(stage.poll()).toMatchObject({done: true, value: {bytes: 9}});
});
