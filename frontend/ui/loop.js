// Short silent loops over still pictures: they play under the pointer and on focus, for whoever wants things to move.

/**
 * @param {HTMLElement} target is pointed at or focused
 * @param {HTMLVideoElement} video lies over the picture, hidden until it plays
 */
export function playOver(target, video) {
  const move = () => {
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) void video.play().catch(() => {});
  };
  const rest = () => {
    if (target.matches(':hover, :focus-visible')) return;
    video.pause();
    video.classList.remove('playing');
  };
  video.addEventListener('playing', () => video.classList.add('playing'));
  target.addEventListener('pointerenter', move);
  target.addEventListener('focus', move);
  target.addEventListener('pointerleave', rest);
  target.addEventListener('blur', rest);
}
