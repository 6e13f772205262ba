// Where a visitor goes on after signing in: a page of ours, named in the address.

/**
 * @param {string} search of the address, such as "?next=%2Fstudio"
 * @param {string} otherwise
 * @returns {string} a path on this origin
 */
export function nextPage(search, otherwise) {
  const wanted = new URLSearchParams(search).get('next') ?? '';
  // "//elsewhere" and "/\elsewhere" lead to other origins.
  return /^\/(?![/\\])/.test(wanted) ? wanted : otherwise;
}
