// Analysing a song on the stage: PCM comes from the loopback server in blocks, the feature track goes back through a file.
import {Analyser} from '../sound/analyse.js';
import {encodeTrack} from '../sound/track.js';

/**
 * @param {string} url canonical PCM: 48 kHz, 16 bit, stereo
 * @param {number} samples sample frames
 * @param {(fraction: number) => void} report
 */
export async function analyse(url, samples, report) {
  const analyser = new Analyser({totalSamples: samples});
  const body = /** @type {ReadableStream<Uint8Array>} */ ((await fetch(url)).body);
  const reader = body.getReader();
  /** @type {Uint8Array} */
  let rest = new Uint8Array(0);
  let heard = 0;
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    const bytes = rest.length ? joined(rest, value) : value;
    const whole = bytes.length - (bytes.length % 4);
    // A copy: Int16Array wants an even offset, which a network block does not promise.
    const block = new Int16Array(bytes.slice(0, whole).buffer);
    rest = bytes.slice(whole);
    analyser.push(block);
    heard += block.length / 2;
    report(heard / samples);
  }
  return {bytes: await keepFile('track', '', new Uint8Array(encodeTrack(analyser.finish())))};
}

/**
 * Analyse in a worker of its own.
 * @param {string} pcm
 * @param {number} samples
 * @param {(fraction: number) => void} report
 * @returns {{heard: Promise<{bytes: number}>, end: () => void}}
 */
export function hear(pcm, samples, report) {
  const worker = new Worker(new URL('./listener.js', import.meta.url), {type: 'module'});
  /** @type {Promise<{bytes: number}>} */
  const heard = new Promise((done, fail) => {
    worker.onmessage = ({data: {fraction, value, error}}) => {
      if (error) fail(new Error(error));
      else if (value) done(value);
      else report(fraction);
    };
    worker.onerror = (event) => fail(new Error(event.message || 'the listener failed to start'));
  });
  // Whoever fails before this is awaited has said why.
  heard.catch(() => {});
  worker.postMessage({pcm, samples});
  return {heard, end: () => worker.terminate()};
}

/**
 * What `oriel analyse` prints.
 * @param {import('../sound/track.js').FeatureTrack} track
 */
export function describe(track) {
  return {
    duration_s: track.durationS,
    loudness_lufs: track.integratedLufs,
    tempo_bpm: track.tempoBpm,
    beats: Array.from(track.beats),
    onsets: track.onsets.map(({timeS}) => timeS),
    sections: track.sections.map(({startS, label, energy}) => ({start_s: startS, label, energy})),
    drop_s: track.dropS,
    peak_s: track.peakS,
  };
}

/**
 * Put bytes where the Python side can read them: a file costs a hundredth of what a request body does under DevTools.
 * @param {string} name
 * @param {string} magic four characters written first, or none
 * @param {Uint8Array | Uint8ClampedArray} bytes
 * @returns {Promise<number>} size of the file
 */
export async function keepFile(name, magic, bytes) {
  const root = await navigator.storage.getDirectory();
  const file = await root.getFileHandle(name, {create: true});
  const handle = await file.createSyncAccessHandle();
  handle.truncate(0);
  handle.write(new TextEncoder().encode(magic), {at: 0});
  handle.write(bytes, {at: magic.length});
  handle.flush();
  handle.close();
  return magic.length + bytes.length;
}

/**
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
function joined(a, b) {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
