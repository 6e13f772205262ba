// Where the platforms put their buttons and captions over a video.
import {html} from 'lit';

/** Percent of the frame: left, top, width, height. Rough and on the large side, since the apps move their buttons often. */
export const ON_PHONES = [
  {at: [0, 0, 100, 10], says: 'Search and tabs'},
  {at: [84, 44, 16, 38], says: 'Buttons'},
  {at: [0, 80, 84, 20], says: 'Caption'},
];
const WIDE = [{at: [0, 86, 100, 14], says: 'Player controls'}];
const SQUARE = [{at: [86, 88, 14, 12], says: 'Sound'}];

/** @param {{width: number, height: number}} output */
export function guides({width, height}) {
  // A 4:5 post is seen whole in a feed; only a 9:16 video fills the phone.
  const parts = height > width * 1.5 ? ON_PHONES : width > height * 1.2 ? WIDE : SQUARE;
  return html`<div class="guides" aria-hidden="true">
    ${parts.map(({at: [left, top, wide, tall], says}) => html`<i .style=${`left:${left}%;top:${top}%;width:${wide}%;height:${tall}%`}><span>${says}</span></i>`)}
  </div>`;
}
