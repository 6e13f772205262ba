// The settings that the studio shapes, with every step undone and done again.

/**
 * A settings document in which only what was chosen is present; `resolveSettings` completes it.
 * @typedef {Record<string, any>} Draft
 *
 * @typedef {{label: string, before: Draft}} Step
 * @typedef {{draft: Draft, undo: Step[], redo: Step[]}} Saved what a reload brings back
 */

const MOST_STEPS = 200;
/** Changes of one value that follow each other within this time are one step, as arrow keys on a slider. */
const GESTURE_MS = 700;

/** Tells `change` after every change of the settings, with the step's label in `detail`. */
export class Store extends EventTarget {
  /** @type {Draft} */
  #draft;
  /** @type {Step[]} */
  #undo = [];
  /** @type {Step[]} */
  #redo = [];
  #lastLabel = '';
  #lastAt = -Infinity;
  /** A slider, a colour or an end of the range is being moved: however long somebody looks at it, it is one step. */
  #isHeld = false;

  /**
   * @param {Draft} draft
   * @param {() => number} [now] milliseconds
   */
  constructor(draft, now = () => performance.now()) {
    super();
    this.#draft = draft;
    this.now = now;
  }

  /** Not to be changed from outside. */
  get draft() {
    return this.#draft;
  }

  get canUndo() {
    return this.#undo.length > 0;
  }

  get canRedo() {
    return this.#redo.length > 0;
  }

  /** What the next undo takes back, in words. */
  get undoLabel() {
    return this.#undo.at(-1)?.label ?? '';
  }

  get redoLabel() {
    return this.#redo.at(-1)?.label ?? '';
  }

  /**
   * Change the settings.
   * @param {string} label in words, such as "Glow colour"; changes with the same one in quick succession are one step
   * @param {(draft: Draft) => void} edit gets a copy that it may change
   * @param {{isHeld?: boolean}} [how] isHeld: it goes on until `letGo` is called
   */
  change(label, edit, {isHeld = false} = {}) {
    const next = structuredClone(this.#draft);
    edit(next);
    if (isSame(next, this.#draft)) return;
    const now = this.now();
    const goesOn = label === this.#lastLabel && (this.#isHeld || now - this.#lastAt < GESTURE_MS) && this.#undo.length > 0;
    if (!goesOn) this.#undo = [...this.#undo, {label, before: this.#draft}].slice(-MOST_STEPS);
    this.#redo = [];
    this.#lastLabel = label;
    this.#lastAt = now;
    this.#isHeld = isHeld;
    this.#become(next, label);
  }

  /**
   * Put others in place of all of them, as a step of its own.
   * @param {string} label
   * @param {Draft} next
   */
  replace(label, next) {
    this.endGesture();
    this.change(label, (draft) => {
      for (const key of Object.keys(draft)) delete draft[key];
      Object.assign(draft, structuredClone(next));
    });
  }

  /** What was held is released. */
  letGo() {
    this.#isHeld = false;
    this.#lastAt = this.now();
  }

  /** The next change is a step of its own, whatever its label. */
  endGesture() {
    this.#lastLabel = '';
    this.#isHeld = false;
  }

  /** @returns {string} what was undone, or "" */
  undo() {
    const step = this.#undo.at(-1);
    if (!step) return '';
    this.#undo = this.#undo.slice(0, -1);
    this.#redo = [...this.#redo, {label: step.label, before: this.#draft}];
    this.endGesture();
    this.#become(step.before, step.label);
    return step.label;
  }

  /** @returns {string} what was done again, or "" */
  redo() {
    const step = this.#redo.at(-1);
    if (!step) return '';
    this.#redo = this.#redo.slice(0, -1);
    this.#undo = [...this.#undo, {label: step.label, before: this.#draft}];
    this.endGesture();
    this.#become(step.before, step.label);
    return step.label;
  }

  /** @returns {Saved} */
  save() {
    return {draft: this.#draft, undo: this.#undo, redo: this.#redo};
  }

  /** @param {Saved} saved */
  restore({draft, undo, redo}) {
    this.#undo = undo.slice(-MOST_STEPS);
    this.#redo = redo.slice(-MOST_STEPS);
    this.endGesture();
    this.#become(draft, '');
  }

  /**
   * @param {Draft} draft
   * @param {string} label
   */
  #become(draft, label) {
    this.#draft = draft;
    this.dispatchEvent(new CustomEvent('change', {detail: label}));
  }
}

/**
 * @param {unknown} a
 * @param {unknown} b
 */
const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);
