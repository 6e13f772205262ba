// The worker behind a preview: passes what the page asks for on to its painter.
import {PartError} from '../lib/part.js';
import {Painter, canPaintOffscreen} from './painter.js';

/** @type {Painter | null} */
let painter = null;

/** @type {Record<string, (...args: any[]) => unknown>} */
const methods = {
  probe: canPaintOffscreen,
  open(/** @type {OffscreenCanvas} */ canvas) {
    painter = new Painter(canvas);
  },
  show: (painting) => painter?.show(painting),
  draw: (frame) => painter?.draw(frame),
  poster: (frame, options) => painter?.poster(frame, options),
};

/** @param {MessageEvent<{call: number, method: string, args: any[]}>} event */
onmessage = async ({data: {call, method, args}}) => {
  try {
    postMessage({call, value: await methods[method](...args)});
  } catch (error) {
    postMessage({call, error: error instanceof Error ? error.message : String(error), outdated: error instanceof PartError});
  }
};
