// The worker behind a preview: owns its canvas, and draws into it what the render would draw.
import {WebGLRenderer} from 'three';
import {openShow} from '../looks/core/show.js';
import {FeatureTrack} from '../sound/track.js';

/** @typedef {import('../looks/core/show.js').Show} Show */

/** @type {OffscreenCanvas | null} */
let canvas = null;
/** @type {WebGLRenderer | null} */
let renderer = null;
/** @type {FeatureTrack | null} */
let track = null;
/** @type {Show | null} */
let show = null;
/** @type {any} what is shown, to be opened again after the context was lost */
let shown = null;
let wanted = 0;
let lastAt = 0;

/** @type {Map<Blob, Promise<ImageBitmap | null>>} the pictures in use, decoded */
const pictures = new Map();

const methods = {
  /** @param {{canvas: OffscreenCanvas}} args */
  open(args) {
    canvas = args.canvas;
    canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => void open().catch(() => {}));
    const context = canvas.getContext('webgl2', {antialias: false, depth: false, alpha: false, stencil: false});
    if (!context) throw new Error('no WebGL 2');
    renderer = new WebGLRenderer({canvas: /** @type {any} */ (canvas), context});
  },

  /** @param {any} args */
  async show(args) {
    if (args.track) track = new FeatureTrack(args.track);
    shown = {...args, track: null};
    await open();
  },

  /** @param {{frame: number}} args */
  async draw({frame}) {
    paint(frame);
    await shownFrame();
    const ms = performance.now() - lastAt;
    lastAt = performance.now();
    return ms;
  },

  /** @param {{frame: number}} args */
  async poster({frame}) {
    paint(frame);
    return /** @type {OffscreenCanvas} */ (canvas).convertToBlob({type: 'image/jpeg', quality: 0.9});
  },
};

/** Open a show of what is wanted now; of several calls in a row, the last one wins. */
async function open() {
  const turn = ++wanted;
  const {settings, title, artist, cover, image, watermark} = shown;
  const [coverPicture, imagePicture] = await Promise.all([picture(cover), picture(image)]);
  keepOnly([cover, image]);
  if (turn !== wanted || !renderer || !track) return;
  const next = await openShow({renderer, settings, track, title, artist, watermark, cover: coverPicture, image: imagePicture});
  if (turn !== wanted) {
    next.dispose();
    return;
  }
  show?.dispose();
  show = next;
  const {width, height} = settings.output;
  renderer.setSize(width, height, false);
}

/** @param {number} frame */
function paint(frame) {
  if (!show) return;
  show.draw(frame);
  show.compositor.toCanvas();
}

/** The moment at which the next frame may be drawn: a busy graphics card asks for patience here. */
function shownFrame() {
  return new Promise((done) => requestAnimationFrame(done));
}

/** @param {Blob | null} blob */
function picture(blob) {
  if (!blob) return null;
  let decoded = pictures.get(blob);
  if (!decoded) {
    decoded = createImageBitmap(blob, {colorSpaceConversion: 'none', premultiplyAlpha: 'none'}).catch(() => null);
    pictures.set(blob, decoded);
  }
  return decoded;
}

/** @param {(Blob | null)[]} used */
function keepOnly(used) {
  for (const [blob, decoded] of pictures) {
    if (used.includes(blob)) continue;
    pictures.delete(blob);
    void decoded.then((bitmap) => bitmap?.close());
  }
}

/** @param {MessageEvent<{call: number, method: keyof typeof methods, args: any}>} event */
onmessage = async ({data: {call, method, args}}) => {
  try {
    postMessage({call, value: await methods[method](args)});
  } catch (error) {
    postMessage({call, error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error)});
  }
};
