// The part of the song that is rendered.

/** @typedef {import('./studio.js').Studio} Studio */

/** Begin, or end, what is rendered at the place now. @param {Studio} studio @param {'start' | 'end'} edge */
export function trimHere(studio, edge) {
  const {startS, endS} = studio.rangeS;
  const timeS = studio.engine.timeS;
  const range = edge === 'start' ? {startS: Math.min(timeS, endS - 1), endS} : {startS, endS: Math.max(timeS, startS + 1)};
  trim(studio, {...range, done: true});
}

/**
 * Render a part of the song.
 * @param {Studio} studio
 * @param {{startS: number, endS: number, done: boolean}} range done: the end of a drag
 */
export function trim(studio, {startS, endS, done}) {
  const round = (/** @type {number} */ seconds) => Math.round(1000 * seconds) / 1000;
  const whole = endS >= studio.engine.durationS - 0.001;
  studio.store.change('Trim', (draft) => (draft.range = {start_s: round(startS), duration_s: whole ? null : round(endS - startS)}), {isHeld: !done});
  if (done) {
    studio.store.endGesture();
    studio.engine.stayIn(studio.rangeS);
  }
  studio.showTime();
}
