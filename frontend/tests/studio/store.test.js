import {describe, expect, test} from 'vitest';
import {Store} from '../../pages/studio/store.js';

function at(ms = 0) {
  const clock = {ms};
  return {clock, store: new Store({look: 'prism', params: {}}, () => clock.ms)};
}

describe('undo and redo', () => {
  test('take back and do again, in words', () => {
    const {store} = at();
    store.change('Size', (draft) => (draft.params.size = 3));
    expect([store.canUndo, store.undoLabel]).toEqual([true, 'Size']);
    expect(store.undo()).toBe('Size');
    expect(store.draft.params).toEqual({});
    expect([store.canUndo, store.redoLabel]).toEqual([false, 'Size']);
    expect(store.redo()).toBe('Size');
    expect(store.draft.params).toEqual({size: 3});
    expect([store.redo(), store.draft.params]).toEqual(['', {size: 3}]);
  });

  test('changes of one value in quick succession are one step', () => {
    const {clock, store} = at();
    for (const size of [1, 2, 3]) {
      clock.ms += 100;
      store.change('Size', (draft) => (draft.params.size = size));
    }
    store.undo();
    expect(store.draft.params).toEqual({});
    expect(store.canUndo).toBe(false);
  });

  test('a pause, another value and the end of a gesture each begin a step', () => {
    const {clock, store} = at();
    const set = (/** @type {string} */ label, /** @type {number} */ value) => store.change(label, (draft) => (draft.params[label] = value));
    set('a', 1);
    clock.ms += 1000;
    set('a', 2);
    set('b', 1);
    store.endGesture();
    set('b', 2);
    const undone = [];
    while (store.canUndo) {
      store.undo();
      undone.push({...store.draft.params});
    }
    expect(undone).toEqual([{a: 2, b: 1}, {a: 2}, {a: 1}, {}]);
  });

  test('what is held is one step, however long it takes', () => {
    const {clock, store} = at();
    const hold = (/** @type {number} */ size) => store.change('Size', (draft) => (draft.params.size = size), {isHeld: true});
    for (const size of [1, 2, 3]) {
      clock.ms += 5000;
      hold(size);
    }
    clock.ms += 5000;
    store.letGo();
    clock.ms += 1000;
    hold(4);
    store.undo();
    expect(store.draft.params).toEqual({size: 3});
    store.undo();
    expect([store.draft.params, store.canUndo]).toEqual([{}, false]);
  });

  test('arrow keys in quick succession are one step', () => {
    const {clock, store} = at();
    for (const size of [1, 2, 3]) {
      clock.ms += 200;
      store.change('Size', (draft) => (draft.params.size = size), {isHeld: true});
      store.letGo();
    }
    store.undo();
    expect([store.draft.params, store.canUndo]).toEqual([{}, false]);
  });

  test('a new change forgets what could be done again', () => {
    const {store} = at();
    store.change('a', (draft) => (draft.params.a = 1));
    store.undo();
    store.change('b', (draft) => (draft.params.b = 1));
    expect(store.canRedo).toBe(false);
  });

  test('a change that changes nothing is no step, and nobody is told', () => {
    const {store} = at();
    let told = 0;
    store.addEventListener('change', () => told++);
    store.change('a', () => {});
    expect([store.canUndo, told]).toEqual([false, 0]);
  });

  test('200 steps are kept, also over a reload', () => {
    const {clock, store} = at();
    for (let i = 0; i < 250; i++) {
      clock.ms += 1000;
      store.change('a', (draft) => (draft.params.a = i));
    }
    const again = at().store;
    again.restore(structuredClone(store.save()));
    let steps = 0;
    while (again.canUndo) {
      again.undo();
      steps++;
    }
    expect([steps, again.draft.params.a]).toEqual([200, 49]);
  });
});
