// The dedicated worker of the stage: owns the canvas, analyses the song, draws frames and sends them into the ring.
import {WebGLRenderer} from 'three';
import {openShow} from '../looks/core/show.js';
import {nv12Target, colourTarget} from '../looks/core/compositor.js';
import {describe, hear, keepFile} from './listen.js';
import {analyseAll} from '../sound/analyse.js';
import {timeWithText} from '../looks/core/text-times.js';
import {peakBetween} from '../sound/peak.js';
import {decodeTrack} from '../sound/track.js';
import {Readback, breathe} from './readback.js';
import {Ring} from './ring.js';

/** @type {WebGLRenderer | null} */
let renderer = null;
/** @type {Loaded | null} */
let loaded = null;

let underWay = 0;

/** A fifth of a second of stereo. */
const SILENCE = 19_200;

/** @param {number} fraction 0..1 of the call under way */
const report = (fraction) => postMessage({call: underWay, fraction});

const methods = {
  /** @returns {{renderer: string}} what draws, as the driver names itself */
  open() {
    const canvas = new OffscreenCanvas(16, 16);
    const gl = canvas.getContext('webgl2', {antialias: false, depth: false, alpha: false, stencil: false});
    if (!gl) throw new Error('no WebGL 2');
    renderer = new WebGLRenderer({canvas: /** @type {any} */ (canvas), context: gl});
    renderer.debug.onShaderError = shaderError;
    const info = gl.getExtension('WEBGL_debug_renderer_info');
    return {renderer: String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER))};
  },

  /**
   * Another worker listens; this one makes itself ready for what will be drawn, if that is known.
   * @param {{pcm: string, samples: number, staging?: Staging}} args
   */
  async analyse({pcm, samples, staging}) {
    const hearing = hear(pcm, samples, report);
    try {
      if (staging) {
        unload();
        await warm(staging);
      }
      return await hearing.heard;
    } finally {
      hearing.end();
    }
  },

  /** @param {{track: string}} args */
  async describe({track}) {
    return describe(decodeTrack(await fetched(track)));
  },

  /** The strongest moment of a video between two times, in seconds. @param {{track: string, startS: number, endS: number}} args */
  async peak({track, startS, endS}) {
    // With title and artist whole, as the studio shows it before the order.
    return {peakS: timeWithText(peakBetween(decodeTrack(await fetched(track)), startS, endS), startS, endS)};
  },

  /** @param {LoadOptions} args */
  async load(args) {
    unload();
    const drawing = await opened(args, decodeTrack(await fetched(args.track)));
    const {target, transparent} = drawing;
    const readback = new Readback(context(), target, transparent ? 'rgba' : 'nv12');
    loaded = {...drawing, readback, ring: await Ring.create(args.ringId, readback.bytes, args.slots)};
    rehearse(drawing);
    return {
      pixel: transparent ? 'rgba' : 'nv12',
      paddedWidth: transparent ? target.width : target.width * 4,
      height: transparent ? target.height : target.height * 4,
    };
  },

  /** @param {{first: number, count: number}} args */
  async frames({first, count}) {
    const {ring, readback} = current();
    ring.reset();
    try {
      for (let index = first; index < first + count && !ring.isStopped(); index++) {
        if (readback.isFull) await deliver();
        draw(index);
        readback.start(index);
      }
      while (readback.pending.length) await deliver();
      ring.finish();
    } catch (error) {
      ring.fail(String(error));
      throw error;
    }
  },

  /**
   * Draw without taking frames out, waiting for each by reading one texel: what drawing alone costs.
   * @param {{first: number, count: number, parts: Part[]}} args
   */
  measure({first, count, parts}) {
    const gl = context();
    const texel = new Uint8Array(4);
    const start = performance.now();
    for (let index = first; index < first + count; index++) {
      parts.forEach((part) => drawPart(part, index));
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, texel);
    }
    return {ms: (performance.now() - start) / count};
  },

  /**
   * Draw a frame into a canvas of the picture's size, as the studio's preview does, and keep its pixels.
   * @param {{frame: number}} args
   */
  async screenshot({frame}) {
    const {show} = current();
    const {width, height} = show.compositor;
    const gl = /** @type {WebGLRenderer} */ (renderer);
    gl.setSize(width, height, false);
    show.draw(frame);
    show.compositor.toCanvas();
    const canvas = new OffscreenCanvas(width, height);
    const page = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
    page.drawImage(gl.domElement, 0, 0);
    return {bytes: await keepFile('screenshot', 'ORSC', page.getImageData(0, 0, width, height).data)};
  },
};

/**
 * @typedef {'frame' | 'scene' | 'glow' | 'pack'} Part
 * @typedef {object} Staging what is drawn, but for the sound
 * @property {string} settings resolved settings document, JSON
 * @property {string} title
 * @property {string} artist
 * @property {string | null} cover address of a picture
 * @property {string | null} image address of the background picture
 * @property {boolean} watermark
 *
 * @typedef {Staging & {track: string, ringId: number, slots: number}} LoadOptions track is an address
 *
 * @typedef {Awaited<ReturnType<typeof opened>>} Drawing
 * @typedef {Drawing & {readback: Readback, ring: Ring}} Loaded
 */

/**
 * @param {Staging} staging
 * @param {import('../sound/track.js').FeatureTrack} track
 */
async function opened({settings, title, artist, cover, image, watermark}, track) {
  const document = JSON.parse(settings);
  const show = await openShow({
    renderer: /** @type {WebGLRenderer} */ (renderer), settings: document, track, title, artist, watermark,
    cover: cover ? await picture(cover) : null, image: image ? await picture(image) : null,
  });
  const transparent = document.background.type === 'transparent';
  const {width, height} = document.output;
  return {show, transparent, target: transparent ? colourTarget(width, height, false) : nv12Target(width, height)};
}

/**
 * Two thrown-away draws: shaders are compiled and textures uploaded before the first frame that counts.
 * @param {Drawing} drawing
 */
function rehearse(drawing) {
  for (let i = 0; i < 2; i++) draw(0, drawing);
}

/**
 * Have every shader compiled (a second on one core) before the song is known: the driver keeps what it has compiled.
 * @param {Staging} staging
 */
async function warm(staging) {
  const drawing = await opened(staging, analyseAll(new Int16Array(SILENCE)));
  try {
    rehearse(drawing);
    context().finish();
  } finally {
    drawing.target.dispose();
    drawing.show.dispose();
  }
}

/**
 * @param {Part} part
 * @param {number} index
 */
function drawPart(part, index) {
  const {show, target, transparent} = current();
  if (part === 'frame') draw(index);
  if (part === 'scene') show.drawScene(index);
  if (part === 'glow') show.compositor.drawGlow();
  if (part === 'pack') show.compositor[transparent ? 'toRgba' : 'toNv12'](target);
}

/**
 * A shader that does not compile would draw nothing and say so to the console alone.
 * @param {WebGLRenderingContext} gl
 * @param {WebGLProgram} program
 * @param {WebGLShader} vertex
 * @param {WebGLShader} fragment
 */
function shaderError(gl, program, vertex, fragment) {
  const logs = [gl.getProgramInfoLog(program), gl.getShaderInfoLog(vertex), gl.getShaderInfoLog(fragment)];
  throw new Error(`a shader does not compile: ${logs.filter(Boolean).join(' ')}`);
}

/** @returns {Loaded} */
function current() {
  if (!loaded) throw new Error('nothing is loaded');
  return loaded;
}

/** @returns {WebGL2RenderingContext} */
function context() {
  if (!renderer) throw new Error('the stage is not open');
  return /** @type {WebGL2RenderingContext} */ (renderer.getContext());
}

/** @param {string} url */
async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} for a file of the render`);
  return answer.arrayBuffer();
}

/** @param {string} url */
async function picture(url) {
  return createImageBitmap(new Blob([await fetched(url)]), {colorSpaceConversion: 'none', premultiplyAlpha: 'none'});
}

/**
 * @param {number} index
 * @param {Drawing} drawing
 */
function draw(index, {show, target, transparent} = current()) {
  show.draw(index);
  if (transparent) show.compositor.toRgba(target);
  else show.compositor.toNv12(target);
}

async function deliver() {
  const {ring, readback} = current();
  while (!ring.hasRoom() && !ring.isStopped()) await breathe();
  ring.commit(await readback.take(ring.frame));
}

function unload() {
  if (!loaded) return;
  loaded.readback.dispose();
  loaded.ring.close();
  loaded.target.dispose();
  loaded.show.dispose();
  loaded = null;
}

/** @param {MessageEvent<{call: number, method: keyof typeof methods, args: any}>} event */
onmessage = async ({data: {call, method, args}}) => {
  underWay = call;
  try {
    const value = await methods[method](args);
    postMessage({call, done: true, fraction: 1, value});
  } catch (error) {
    postMessage({call, done: true, error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error)});
  }
};
