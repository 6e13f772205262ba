// The worker that reads a song while the page goes on.
import {decodeSong} from './decode-song.js';
import {SongError} from './song-error.js';

/** @type {((channels: Float32Array[]) => void) | null} */
let take = null;

/** @type {import('./decode-song.js').DecodeAll} */
const askThePage = (rate) => new Promise((done) => {
  take = done;
  postMessage({decodeAt: rate});
});

// Whoever hears nothing from here knows that this script did not load.
postMessage({started: true});

let told = -1;

/** @param {number} fraction */
function report(fraction) {
  const percent = Math.floor(fraction * 100);
  if (percent !== told) postMessage({fraction: (told = percent) / 100});
}

/** @param {MessageEvent<{file?: File, atOnce?: boolean, channels?: Float32Array[]}>} event */
onmessage = async ({data: {file, atOnce, channels}}) => {
  if (channels) take?.(channels);
  if (!file) return;
  try {
    const heard = await decodeSong(file, report, atOnce ? askThePage : null);
    postMessage({heard}, [heard.track]);
  } catch (error) {
    const problem = error instanceof SongError ? error.problem : 'unreadable';
    postMessage({problem, reason: error instanceof Error ? `${error.message}\n${error.stack}` : String(error)});
  }
};
