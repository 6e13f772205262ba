// Why a file cannot be used as a song, in a sentence for the person who chose it.

const SENTENCES = {
  unreadable: "We can't read that file. It may be damaged; MP3, WAV and M4A work.",
  'not audio': "That file isn't audio we can read. Try MP3, WAV or M4A.",
  lossless: 'That song is in Apple Lossless, which browsers cannot play. Save it as WAV, MP3 or AAC, then try again.',
  empty: "There is no sound in that file. Try another one.",
  'too long': 'That song is longer than 60 minutes. Try a shorter one.',
  'too long here': 'This browser can read songs of up to 15 minutes. Try a shorter one, or another browser.',
};

/** @typedef {keyof typeof SENTENCES} SongProblem */

export class SongError extends Error {
  name = 'SongError';

  /** @param {SongProblem} problem */
  constructor(problem) {
    super(SENTENCES[problem]);
    this.problem = problem;
  }
}
