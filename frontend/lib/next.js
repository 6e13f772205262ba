// Where a visitor goes on after signing in: a page of ours, named in the address.

// Stands for this origin, whichever it is.
const HERE = 'https://here.invalid';

/**
 * @param {string} search of the address, such as "?next=%2Fstudio"
 * @param {string} otherwise
 * @returns {string} a path on this origin
 */
export function nextPage(search, otherwise) {
  const wanted = new URLSearchParams(search).get('next') ?? '';
  if (!wanted.startsWith('/') || !URL.canParse(wanted, HERE)) return otherwise;
  // As a browser reads it: "//elsewhere", "/\elsewhere" and "/<tab>/elsewhere" lead to other origins.
  const {origin, pathname, search: query, hash} = new URL(wanted, HERE);
  // A path such as "/.//elsewhere" is ours until it is read once more.
  return origin === HERE && !pathname.startsWith('//') ? pathname + query + hash : otherwise;
}
