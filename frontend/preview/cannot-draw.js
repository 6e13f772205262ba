// The refusal of a browser that has no WebGL 2.

export class CannotDraw extends Error {
  name = 'CannotDraw';

  constructor() {
    super('Your browser cannot draw the picture. Turn on hardware acceleration in its settings, or try another browser; your video is made all the same.');
  }
}
