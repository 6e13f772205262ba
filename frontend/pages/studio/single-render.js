// Whether one render can be bought for what is in the studio.

/** @typedef {import('./render-dialog.js').RenderDialog} Flow */

/**
 * Whether a single payment allows these settings, and the song can be uploaded before it is paid.
 * @param {Pick<Flow, 'facts' | 'problem' | 'studio'>} flow
 */
export function canBuySingle({facts, problem, studio}) {
  const {song, engine} = studio;
  if (!facts?.allows_single || !song) return false;
  if (engine.uploads.has(song.file)) return true;
  if (isStorageFull(problem)) return false;
  const {refusal} = facts;
  if (!refusal || !isStorageFull(refusal)) return true;
  // The plan's storage takes every upload, also that of a single render. `value` includes the video, which would not count.
  const needed = Number(refusal.details.value) - facts.size_bytes + song.file.size;
  return needed <= Number(refusal.details.limit);
}

/** @param {object | null | undefined} problem an error, or the estimate's refusal */
export function isStorageFull(problem) {
  return problem != null && 'code' in problem && problem.code === 'PLAN_LIMIT_STORAGE';
}
