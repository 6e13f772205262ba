import {describe, expect, test} from 'vitest';
import {clampView, nearestEdge, timeAt, xAt, zoomed} from '../../pages/studio/timeline-view.js';

describe('the timeline', () => {
  test('places and times belong to each other', () => {
    const view = {start: 20, end: 60};
    expect(timeAt(xAt(33, view, 500), view, 500)).toBeCloseTo(33);
    expect([xAt(20, view, 500), xAt(60, view, 500)]).toEqual([0, 500]);
  });

  test('zooming keeps the moment under the pointer', () => {
    const near = zoomed({start: 0, end: 100}, 30, 0.5, 100);
    expect(xAt(30, near, 400)).toBeCloseTo(xAt(30, {start: 0, end: 100}, 400));
    expect(near.end - near.start).toBeCloseTo(50);
  });

  test('never leaves the song, and never comes too near', () => {
    expect(zoomed({start: 90, end: 100}, 99, 50, 100)).toEqual({start: 0, end: 100});
    const {start, end} = zoomed({start: 0, end: 3}, 1, 0.01, 100);
    expect(end - start).toBeCloseTo(2);
    expect(clampView({start: -5, end: 5}, 100)).toEqual({start: 0, end: 10});
    expect(clampView({start: 95, end: 105}, 100)).toEqual({start: 90, end: 100});
    expect(zoomed({start: 0, end: 1}, 0.5, 0.1, 1)).toEqual({start: 0, end: 1});
  });

  test('the nearer handle is taken, and none that is far', () => {
    const view = {start: 0, end: 100};
    expect(nearestEdge(12, {startS: 10, endS: 20}, view, 100, 10)).toBe('start');
    expect(nearestEdge(18, {startS: 10, endS: 20}, view, 100, 10)).toBe('end');
    expect(nearestEdge(50, {startS: 10, endS: 20}, view, 100, 10)).toBe(null);
  });
});
