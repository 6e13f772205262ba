// Which of many are chosen: one by one, or a range with Shift.

export class Choice {
  /** @type {Set<string>} */
  ids = new Set();
  #last = '';

  get size() {
    return this.ids.size;
  }

  /**
   * @param {string} id
   * @param {string[]} all in the order in which they are shown
   * @param {{range?: boolean}} [how] range: from the last one on
   */
  toggle(id, all, {range = false} = {}) {
    const [from, to] = [all.indexOf(this.#last), all.indexOf(id)];
    const chosen = !this.ids.has(id);
    const touched = range && from >= 0 && to >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    for (const each of touched) {
      if (chosen) this.ids.add(each);
      else this.ids.delete(each);
    }
    this.#last = id;
  }

  clear() {
    this.ids.clear();
    this.#last = '';
  }
}

/** The service takes no more ids in one request. */
const MOST_AT_ONCE = 200;

/**
 * Ask for many in several requests, one after the other.
 * @template T
 * @param {string[]} ids
 * @param {(some: string[]) => Promise<T[]>} ask
 * @returns {Promise<T[]>} all answers
 */
export async function inBatches(ids, ask) {
  const answers = [];
  for (let at = 0; at < ids.length; at += MOST_AT_ONCE) answers.push(...await ask(ids.slice(at, at + MOST_AT_ONCE)));
  return answers;
}
