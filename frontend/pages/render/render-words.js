// A render's state and shape in words and numbers.
import {about, isolated, percent, size} from '../../lib/words.js';

/** @typedef {import('../../lib/watch.js').RenderStatus} RenderStatus */

const STAGES = {
  preparing: 'Getting ready',
  analysing: 'Listening to the song',
  rendering: 'Drawing the frames',
  encoding: 'Joining and checking the video',
  uploading: 'Saving the video',
};

/** @param {RenderStatus} status */
export function shapeOf({settings}) {
  const {width, height} = /** @type {{width: number, height: number}} */ (settings.output);
  return `--shape:${width / height}`;
}

/** Such as "720 × 1280, 21 MB". @param {RenderStatus} status */
export function factsOf({settings, size_bytes: bytes}) {
  const {width, height} = /** @type {{width: number, height: number}} */ (settings.output);
  return `${width} × ${height}${bytes ? `, ${size(bytes)}` : ''}`;
}

/** @param {RenderStatus} status */
export function isUpright({settings}) {
  const {width, height} = /** @type {{width: number, height: number}} */ (settings.output);
  return width <= height;
}

/** @param {RenderStatus} status */
export function headline(status) {
  const name = isolated(status.title || status.filename);
  if (status.status === 'processing') return `${percent(status.progress)} · ${name}`;
  return {queued: `Waiting · ${name}`, completed: name, failed: `Failed · ${name}`, cancelled: `Cancelled · ${name}`}[status.status];
}

/** @param {RenderStatus} status */
export function stageOf({status, stage, queue_position: place, cancel_requested: ending}) {
  if (ending) return 'Cancelling';
  // One without a place is held up.
  if (status === 'queued' && !place) return 'Delayed by a problem on our side';
  if (status === 'queued') return place && place > 1 ? `Waiting, number ${place} in the queue` : 'Waiting, next in the queue';
  return stage ? STAGES[stage] : 'Getting ready';
}

/** @param {RenderStatus} status */
export function remaining({status, eta_s: seconds, progress, queue_position: place}) {
  if (status === 'queued' && !place) return 'We know about it and keep trying. You do not need to do anything.';
  if (seconds === null && progress > 0.8) return 'Almost done';
  if (seconds === null) return 'We are working out how long it takes.';
  const left = about(seconds);
  if (status === 'queued') return `Ready in ${left}`;
  return `${left[0]?.toUpperCase()}${left.slice(1)} left`;
}
