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
