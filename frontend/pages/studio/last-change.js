// The last change, noted in one go as a page is left: a browser may end the page before its database has written.

const KEY = 'oriel.last-change';

/** @typedef {import('./studio.js').Studio} Studio */

/** @param {Studio} studio */
export function noteLastChange({store, ownName, project}) {
  try {
    localStorage.setItem(KEY, JSON.stringify({at: Date.now(), draft: store.draft, label: store.undoLabel, name: ownName, project: project.id}));
  } catch {
    // A browser that keeps nothing.
  }
}

/** @returns {string | null} the note as it stands, for `forgetLastChange` */
export function lastChange() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function noted() {
  try {
    return JSON.parse(lastChange() ?? '{}');
  } catch {
    // Nothing that we wrote.
    return {};
  }
}

/** The database has it. @param {string | null} note as it was when the writing began: a later one stays */
export function forgetLastChange(note) {
  if (note !== null && note === lastChange()) localStorage.removeItem(KEY);
}

/**
 * What the database has, with the change that it missed as one more step.
 * @template {{draft: any, name: string, project: any}} T
 * @param {T} stored
 * @returns {T}
 */
export function withLastChange(stored) {
  const {draft, label, name, project} = noted();
  // A note about what was here before something else was opened has no place in it.
  if (!draft || project !== (stored.project?.id ?? '')) return stored;
  const {draft: before, undo, redo} = stored.draft ?? {draft: null, undo: [], redo: []};
  if (JSON.stringify(draft) === JSON.stringify(before)) return {...stored, name};
  const steps = before ? {draft, undo: [...undo, {label, before}], redo: []} : {draft, undo, redo};
  return {...stored, draft: steps, name, project: stored.project && {...stored.project, isSaved: false}};
}
