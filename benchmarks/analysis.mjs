// Measures the analysis: seconds of work and memory for a song of raw PCM (48 kHz, 16 bit, stereo).
//   node benchmarks/analysis.mjs SONG.pcm [TIMES]     TIMES > 1 plays the song that often, to make a long one
import {closeSync, openSync, readSync, statSync} from 'node:fs';
import process from 'node:process';
import {Analyser} from '../frontend/sound/analyse.js';
import {encodeTrack} from '../frontend/sound/track.js';

const BLOCK_BYTES = 1 << 18;

/**
 * @param {string} path
 * @param {number} times
 */
function measure(path, times) {
  const samples = (statSync(path).size >> 2) * times;
  const before = process.cpuUsage();
  const start = process.hrtime.bigint();
  const analyser = new Analyser({totalSamples: samples});
  for (let time = 0; time < times; time++) pushFile(analyser, path);
  const heard = process.cpuUsage(before);
  const bytes = encodeTrack(analyser.finish()).byteLength;
  const used = process.cpuUsage(before);
  return {
    song_s: samples / 48_000,
    wall_s: Number(process.hrtime.bigint() - start) / 1e9,
    cpu_s: seconds(used),
    listening_cpu_s: seconds(heard),
    finishing_cpu_s: seconds(used) - seconds(heard),
    times_real_time: samples / 48_000 / seconds(used),
    peak_memory_mb: process.resourceUsage().maxRSS / 1024,
    track_mb: bytes / 1e6,
  };
}

/**
 * @param {Analyser} analyser
 * @param {string} path
 */
function pushFile(analyser, path) {
  const file = openSync(path, 'r');
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let size = readSync(file, block); size > 0; size = readSync(file, block)) {
    analyser.push(new Int16Array(block.buffer, block.byteOffset, size >> 1));
  }
  closeSync(file);
}

/** @param {NodeJS.CpuUsage} usage */
function seconds({user, system}) {
  return (user + system) / 1e6;
}

const [path, times = '1'] = process.argv.slice(2);
if (!path) {
  process.stderr.write('Usage: node benchmarks/analysis.mjs SONG.pcm [TIMES]\n');
  process.exit(2);
}
for (const [name, value] of Object.entries(measure(path, Number(times)))) {
  process.stdout.write(`${name.padEnd(16)} ${value.toFixed(2)}\n`);
}
