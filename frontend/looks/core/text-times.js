// When title and artist stand in the picture.

// A shorter video has all of it faster: the text of one second must be seen too.
const FULL_LENGTH_S = 5;
const PAUSE_S = .35;
const ENTER_S = .6;
const LEAVE_S = 1.6;
const REST_S = .2;

/**
 * @param {number} t seconds
 * @param {number} start of the video
 * @param {number} end
 * @returns {{entered: number, left: number}} 0..1: how far the text has come in, and how much of it is still there
 */
export function textPresence(t, start, end) {
  const pace = paceOf(start, end);
  return {entered: ease((t - start - PAUSE_S * pace) / (ENTER_S * pace)), left: ease((end - REST_S * pace - t) / (LEAVE_S * pace))};
}

/**
 * The moment nearest to another one at which all of the text stands in the picture; the middle of a video that does not
 * contain the moment.
 * @param {number} t seconds
 * @param {number} start of the video
 * @param {number} end
 */
export function timeWithText(t, start, end) {
  const pace = paceOf(start, end);
  const [first, last] = [start + (PAUSE_S + ENTER_S) * pace, end - (REST_S + LEAVE_S) * pace];
  if (t < start || t >= end) return (start + end) / 2;
  return Math.min(Math.max(t, first), last);
}

/**
 * @param {number} start
 * @param {number} end
 */
const paceOf = (start, end) => Math.min(1, (end - start) / FULL_LENGTH_S);

/** @param {number} x */
function ease(x) {
  const v = Math.min(1, Math.max(0, x));
  return v * v * (3 - 2 * v);
}
