// A script that a page loads when it needs it, and that did not come.

/** The service may have a newer version, whose scripts have other names, or the connection is gone. */
export class PartError extends Error {
  name = 'PartError';

  constructor() {
    super('A part of this page did not load: the page may be out of date. Reload it; your song and settings stay.');
  }
}

/**
 * What an import resolves to.
 * @template T
 * @param {Promise<T>} importing
 * @returns {Promise<T>} rejects with a PartError
 */
export function part(importing) {
  return importing.catch(() => {
    throw new PartError();
  });
}
