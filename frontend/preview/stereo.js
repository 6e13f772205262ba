// Any number of channels → stereo, by the gains with which the service mixes (stereo.py).

const HALF_POWER = .707107;
/** @type {Record<string, number>} */
const LEFT = {FL: 1, BL: HALF_POWER, SL: HALF_POWER, FC: HALF_POWER, BC: .5};
/** @type {Record<string, number>} */
const RIGHT = {FR: 1, BR: HALF_POWER, SR: HALF_POWER, FC: HALF_POWER, BC: .5};

/** The usual speakers for so many channels. */
const SPEAKERS = [
  [], ['FC'], ['FL', 'FR'], ['FL', 'FR', 'LFE'], ['FL', 'FR', 'FC', 'BC'], ['FL', 'FR', 'FC', 'BL', 'BR'],
  ['FL', 'FR', 'FC', 'LFE', 'BL', 'BR'], ['FL', 'FR', 'FC', 'LFE', 'BC', 'SL', 'SR'],
  ['FL', 'FR', 'FC', 'LFE', 'BL', 'BR', 'SL', 'SR'],
];

/**
 * @param {Float32Array[]} channels of the same length
 * @returns {[Float32Array, Float32Array]} left and right; the same array twice for mono
 */
export function toStereo(channels) {
  if (channels.length === 1) return [channels[0], channels[0]];
  if (channels.length === 2) return [channels[0], channels[1]];
  const speakers = SPEAKERS[channels.length];
  const side = (/** @type {Record<string, number>} */ gains, /** @type {number} */ parity) =>
    mixed(channels, speakers?.map((name) => gains[name] ?? 0) ?? channels.map((_, i) => Number(i % 2 === parity)));
  return [side(LEFT, 0), side(RIGHT, 1)];
}

/**
 * The sum of the channels, with gains that are scaled down to a sum of 1.
 * @param {Float32Array[]} channels
 * @param {number[]} gains
 */
function mixed(channels, gains) {
  const total = gains.reduce((sum, gain) => sum + gain, 0);
  const out = new Float32Array(channels[0].length);
  channels.forEach((channel, c) => {
    const gain = gains[c] / total;
    if (gain) for (let i = 0; i < out.length; i++) out[i] += channel[i] * gain;
  });
  return out;
}
