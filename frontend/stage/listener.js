// The worker that listens while another one draws.
import {analyse} from './listen.js';

/** @param {MessageEvent<{pcm: string, samples: number}>} event */
onmessage = async ({data: {pcm, samples}}) => {
  try {
    postMessage({value: await analyse(pcm, samples, (fraction) => postMessage({fraction}))});
  } catch (error) {
    postMessage({error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error)});
  }
};
