// A long list, fetched in pages as it is scrolled.
import {ApiError} from './api-error.js';

/**
 * @template {{id: string}} Item
 */
export class Pages extends EventTarget {
  /** @type {Item[]} */
  items = [];
  total = 0;
  /** @type {'loading' | 'ready' | 'failed'} */
  state = 'loading';
  /** @type {ApiError | null} */
  trouble = null;

  #page = 0;
  #turn = 0;
  #isBusy = false;

  /** @param {(page: number) => Promise<{items: Item[], total: number}>} fetchPage */
  constructor(fetchPage) {
    super();
    this.fetchPage = fetchPage;
  }

  get hasMore() {
    return this.state === 'ready' && this.items.length < this.total;
  }

  /** Fetch it anew from its beginning; what is shown stays until the answer is there. */
  async reload() {
    this.#turn += 1;
    this.#page = 0;
    this.#isBusy = false;
    await this.more();
  }

  async more() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const turn = this.#turn;
    const page = this.#page + 1;
    try {
      const {items, total} = await this.fetchPage(page);
      if (turn !== this.#turn) return;
      const known = new Set(page === 1 ? [] : this.items.map(({id}) => id));
      // What was added meanwhile has moved the others on.
      this.items = [...(page === 1 ? [] : this.items), ...items.filter(({id}) => !known.has(id))];
      // Where deletions have moved the rows, a page may be empty before the end.
      this.total = items.length ? total : this.items.length;
      this.#page = page;
      this.state = 'ready';
      this.trouble = null;
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!(error instanceof ApiError)) throw error;
      this.trouble = error;
      if (!this.items.length) this.state = 'failed';
    } finally {
      if (turn === this.#turn) this.#isBusy = false;
    }
    this.#tell();
  }

  /** @param {(items: Item[]) => Item[]} edit */
  change(edit) {
    const before = this.items.length;
    this.items = edit(this.items);
    this.total += this.items.length - before;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
