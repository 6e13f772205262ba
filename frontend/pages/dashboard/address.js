// What the page shows, as its address says it: a reload and the browser's back button lead to the same.

/**
 * `sort` is the order of projects, `order`, `state` and `project` (an id) are about renders.
 * @typedef {{
 *   tab: 'projects' | 'shared' | 'renders' | 'deleted', search: string, look: string,
 *   sort: 'changed' | 'created' | 'opened' | 'name', view: 'cards' | 'list',
 *   state: '' | 'under_way' | 'available' | 'deleted' | 'failed' | 'cancelled', project: string,
 *   order: 'newest' | 'oldest' | 'name' | 'expires',
 * }} View
 */

/** @type {View} */
const FIRST = {tab: 'projects', search: '', look: '', sort: 'changed', view: 'cards', state: '', project: '', order: 'newest'};
/** Nothing is filtered out. @type {Partial<View>} */
export const EVERYTHING = {search: '', look: '', state: '', project: ''};
const ALLOWED = {
  tab: ['projects', 'shared', 'renders', 'deleted'],
  sort: ['changed', 'created', 'opened', 'name'],
  view: ['cards', 'list'],
  state: ['', 'under_way', 'available', 'deleted', 'failed', 'cancelled'],
  order: ['newest', 'oldest', 'name', 'expires'],
};
const LONGEST = 200;
const PROJECT_ID = /^[0-9a-v]{26}$/;

/**
 * @param {string} search of the address, such as "?tab=renders"
 * @returns {View}
 */
export function viewOf(search) {
  const asked = new URLSearchParams(search);
  const view = Object.entries(FIRST).map(([key, standard]) => {
    const value = asked.get(key);
    return [key, value === null || !isValue(key, value) ? standard : value.slice(0, LONGEST)];
  });
  return Object.fromEntries(view);
}

/**
 * @param {string} key
 * @param {string} value
 */
function isValue(key, value) {
  if (key === 'project') return PROJECT_ID.test(value);
  return ALLOWED[/** @type {keyof typeof ALLOWED} */ (key)]?.includes(value) ?? true;
}

/** @param {View} view @returns {string} "" or "?…", without what is as it is at first */
export function searchOf(view) {
  const chosen = Object.entries(view).filter(([key, value]) => value !== FIRST[/** @type {keyof View} */ (key)]);
  const text = new URLSearchParams(chosen).toString();
  return text && `?${text}`;
}
