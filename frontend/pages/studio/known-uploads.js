// The ids under which the service has this browser's files: each file is sent once.

export class KnownUploads {
  /** @type {Map<string, string>} ids, by the file's mark */
  #ids = new Map();

  /**
   * The id of a file, which is sent where it has none.
   * @param {File} file
   * @param {() => Promise<string>} send
   * @param {string} [of] the project of somebody else whose upload it is to be
   */
  async idOf(file, send, of = '') {
    const known = this.known(file, of);
    if (known) return known;
    const id = await send();
    this.add(file, id, of);
    return id;
  }

  /**
   * The id of a file; "" where it has none.
   * @param {File} file
   * @param {string} [of]
   */
  known(file, of = '') {
    return this.#ids.get(of + markOf(file)) ?? '';
  }

  /** Whether the service has a file. @param {File} file */
  has(file) {
    return this.#ids.has(markOf(file));
  }

  /**
   * @param {File} file
   * @param {string} id
   * @param {string} [of]
   */
  add(file, id, of = '') {
    this.#ids.set(of + markOf(file), id);
  }

  /** They have expired, or were deleted: send everything again. */
  forget() {
    this.#ids.clear();
  }

  /** For a reload of the page. */
  get all() {
    return this.#ids;
  }

  /** @param {unknown} stored what `all` was before a reload */
  restore(stored) {
    if (stored instanceof Map) this.#ids = stored;
  }
}

/** What tells files apart, over a reload as well. @param {File} file */
const markOf = ({name, size, lastModified}) => `${size}/${lastModified}/${name}`;
