// Composition for each frame shape: where the subject goes and how large it may be.

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
