// Composition for each frame shape: where the subject goes and how large it may be.

/** Narrower than this, a video fills a phone, and the apps lay their buttons and captions over it. */
const REEL = .7;

/**
 * @param {number} width pixels
 * @param {number} height pixels
 * @param {boolean} hasText
 * @returns {import('./contract.js').Layout}
 */
export function layoutFor(width, height, hasText) {
  const half = Math.min(width, height) / 2;
  const [w, h] = [width / 2 / half, height / 2 / half];
  const aspect = width / height;
  const shape = aspect > 1.2 ? 'wide' : aspect < .84 ? 'tall' : 'square';
  // In a tall frame the text stands below the subject, and the platforms' own buttons cover the lower fifth.
  const subjectY = shape === 'tall' ? .22 * h : hasText ? .06 : 0;
  const subjectRadius = shape === 'tall' ? .86 : .78;
  return {width: w, height: h, subjectX: 0, subjectY, subjectRadius, shape, hasText};
}

/**
 * The widest line of text. In a reel it ends before the column of buttons that covers the right sixth.
 * @param {number} width pixels
 * @param {number} height
 * @returns {number} pixels
 */
export function textRoom(width, height) {
  const aspect = width / height;
  return width * (aspect < REEL ? .66 : aspect < .84 ? .84 : .62);
}

/**
 * The upper edge of a mark in the upper left corner. In a reel it stands below the app's own search and tabs.
 * @param {number} width pixels
 * @param {number} height
 * @returns {number} pixels
 */
export function markTop(width, height) {
  return width / height < REEL ? height * .11 : Math.min(width, height) * .05;
}
