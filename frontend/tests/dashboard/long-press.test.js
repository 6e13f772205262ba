import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {onLongPress} from '../../pages/dashboard/long-press.js';

/** A card, or a control in it, as far as it is asked. */
class Card extends EventTarget {
  isControl = false;

  /** @param {string} selector */
  closest(selector) {
    return selector === '.card' ? this : this.isControl ? this : null;
  }
}

/**
 * @param {string} name
 * @param {object} values
 */
const event = (name, values = {}) => Object.assign(new Event(name, {cancelable: true}), {pointerType: 'touch', isPrimary: true, clientX: 0, clientY: 0, detail: 1, ...values});

describe('a long press', () => {
  const [act, card] = [vi.fn(), {now: new Card()}];
  const send = (/** @type {string} */ name, /** @type {object} */ values = {}) => {
    const sent = event(name, values);
    card.now.dispatchEvent(sent);
    return sent;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('window', globalThis);
    act.mockClear();
    card.now = new Card();
    onLongPress(card.now, '.card', act);
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test('chooses once, and its click opens nothing', () => {
    send('pointerdown');
    vi.runAllTimers();
    expect(act).toHaveBeenCalledExactlyOnceWith(card.now);
    send('pointerup');
    expect(send('click').defaultPrevented).toBe(true);
    expect(send('click').defaultPrevented).toBe(false);
  });

  test('is told by the device where its clock is faster, and opens no menu', () => {
    send('pointerdown');
    expect(send('contextmenu').defaultPrevented).toBe(true);
    vi.runAllTimers();
    expect(act).toHaveBeenCalledOnce();
  });

  test.each([
    ['a tap', () => send('pointerup')],
    ['a scroll', () => send('pointermove', {clientY: 11})],
    ['a scroll that the browser takes over', () => send('pointercancel')],
  ])('is not %s', (_, ends) => {
    send('pointerdown');
    ends();
    vi.runAllTimers();
    expect(act).not.toHaveBeenCalled();
    expect(send('click').defaultPrevented).toBe(false);
    expect(send('contextmenu').defaultPrevented).toBe(false);
  });

  test('comes neither from a mouse nor from a second finger, nor on a button', () => {
    send('pointerdown', {pointerType: 'mouse'});
    vi.runAllTimers();
    send('pointerdown', {isPrimary: false});
    vi.runAllTimers();
    card.now.isControl = true;
    send('pointerdown');
    vi.runAllTimers();
    expect(act).not.toHaveBeenCalled();
  });

  test('does not take a key for its click', () => {
    send('pointerdown');
    vi.runAllTimers();
    expect(send('click', {detail: 0}).defaultPrevented).toBe(false);
  });
});
