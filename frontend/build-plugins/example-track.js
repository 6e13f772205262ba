// Usage: node example-track.js SONG.wav TRACK.orft. Analyses a 48 kHz stereo WAV file, as the studio and the render do.
import {readFileSync, writeFileSync} from 'node:fs';
import {argv} from 'node:process';
import {Analyser} from '../sound/analyse.js';
import {encodeTrack} from '../sound/track.js';

const [, , song = '', track = ''] = argv;
const bytes = readFileSync(song);
const at = bytes.indexOf('data') + 8;
const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + bytes.readUInt32LE(at - 4)));
const analyser = new Analyser({totalSamples: pcm.length / 2});
analyser.push(pcm);
writeFileSync(track, new Uint8Array(encodeTrack(analyser.finish())));
