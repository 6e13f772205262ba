// Decodes packets one after the other with WebCodecs, never more than a few ahead.

const MOST_AHEAD = 24;

/** @typedef {(channels: Float32Array[], rate: number) => void} Hear */

export class PacketDecoder {
  /**
   * @param {AudioDecoderConfig} config
   * @param {Hear} hear
   */
  constructor(config, hear) {
    this.config = config;
    this.hear = hear;
    /** @type {unknown} */
    this.failure = null;
    /** Packets under way, oldest first. @type {EncodedAudioChunk[]} */
    this.pending = [];
    this.broken = 0;
    this.decoder = this.#start();
  }

  #start() {
    const decoder = new AudioDecoder({output: (data) => this.#take(data), error: () => {}});
    decoder.configure(this.config);
    return decoder;
  }

  /** @param {AudioData} data */
  #take(data) {
    try {
      this.pending.shift();
      const {numberOfChannels, numberOfFrames, sampleRate} = data;
      const channels = Array.from({length: numberOfChannels}, (_, planeIndex) => {
        const plane = new Float32Array(numberOfFrames);
        data.copyTo(plane, {planeIndex, format: 'f32-planar'});
        return plane;
      });
      this.hear(channels, sampleRate);
    } catch (error) {
      this.failure ??= error;
    } finally {
      data.close();
    }
  }

  /** @param {EncodedAudioChunk} chunk */
  async decode(chunk) {
    this.#give(chunk);
    while (!this.failure && this.decoder.state === 'configured' && this.decoder.decodeQueueSize > MOST_AHEAD) {
      await new Promise((done) => this.decoder.addEventListener('dequeue', done, {once: true}));
    }
    this.#mend();
  }

  /** @param {EncodedAudioChunk} chunk */
  #give(chunk) {
    this.pending.push(chunk);
    this.decoder.decode(chunk);
  }

  /** A damaged packet ends a decoder: the next one goes on behind it. */
  #mend() {
    if (this.failure) throw this.failure;
    while (this.decoder.state === 'closed') {
      this.broken++;
      const rest = this.pending.splice(0).slice(1);
      this.decoder = this.#start();
      rest.forEach((chunk) => this.#give(chunk));
    }
  }

  async finish() {
    do {
      this.#mend();
      await this.decoder.flush().catch(() => {});
    } while (this.decoder.state === 'closed');
    if (this.failure) throw this.failure;
    this.close();
  }

  close() {
    if (this.decoder.state !== 'closed') this.decoder.close();
  }
}
