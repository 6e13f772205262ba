// What the page shows, as its address says it: a reload and the browser's back button lead to the same.

/**
 * @typedef {{tab: 'projects' | 'shared' | 'renders', search: string, look: string, sort: 'changed' | 'created' | 'opened' | 'name', view: 'cards' | 'list'}} View
 */

/** @type {View} */
const FIRST = {tab: 'projects', search: '', look: '', sort: 'changed', view: 'cards'};
const ALLOWED = {
  tab: ['projects', 'shared', 'renders'],
  sort: ['changed', 'created', 'opened', 'name'],
  view: ['cards', 'list'],
};

/**
 * @param {string} search of the address, such as "?tab=renders"
 * @returns {View}
 */
export function viewOf(search) {
  const asked = new URLSearchParams(search);
  const given = Object.entries(FIRST).map(([key, standard]) => {
    const value = asked.get(key);
    const allowed = ALLOWED[/** @type {keyof typeof ALLOWED} */ (key)];
    return [key, value === null || (allowed && !allowed.includes(value)) ? standard : value.slice(0, 200)];
  });
  return Object.fromEntries(given);
}

/** @param {View} view @returns {string} "" or "?…", without what is as it is at first */
export function searchOf(view) {
  const chosen = Object.entries(view).filter(([key, value]) => value !== FIRST[/** @type {keyof View} */ (key)]);
  const text = new URLSearchParams(chosen).toString();
  return text && `?${text}`;
}
