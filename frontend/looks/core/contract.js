// What a look is given and what it gives back: the types that every look and the show agree on.

/**
 * @typedef {import('three').Color} Color
 * @typedef {import('three').Texture} Texture
 * @typedef {import('three').WebGLRenderer} WebGLRenderer
 * @typedef {import('three').WebGLRenderTarget} WebGLRenderTarget
 * @typedef {import('../../sound/sound.js').FrameSound} FrameSound
 * @typedef {import('../../sound/track.js').FeatureTrack} FeatureTrack
 */

/**
 * The air behind and around the subject. The final pass computes it per pixel in floating point and dithers it, so it
 * has no banding and costs no pass of its own: put skies, haze and soft discs here, not into the scene.
 * Colours are display-encoded sRGB, 0..1. The show resets it to the settings' values before each draw; a look changes
 * what it wants to move with the sound.
 *
 * @typedef {object} Air
 * @property {Color} top colour at the upper edge
 * @property {Color} bottom colour at the lower edge
 * @property {number} horizon where the two meet, 0 bottom .. 1 top
 * @property {number} softness half height of the blend between the two, in frame heights (1 = a gradient over all)
 * @property {Color} haze colour of the light disc (added)
 * @property {number} hazeX centre, 0 left .. 1 right
 * @property {number} hazeY centre, 0 bottom .. 1 top
 * @property {number} hazeRadius radius at which it has fallen to a third, in frame heights
 * @property {number} hazeStrength 0 = none
 * @property {number} glow strength of the scene's glow, 0..2
 * @property {number} vignette darkening of the corners, 0..1
 * @property {number} grain static film grain, 0..1
 * @property {number} aberration colour fringes towards the corners, 0..1
 * @property {number} exposure multiplies the finished picture; 1 = unchanged
 * @property {number} imageX shift of the background image, in widths of the frame
 * @property {number} imageY shift of the background image, in heights of the frame
 * @property {number} imageZoom 1 = the image covers the frame; larger magnifies
 * @property {number} imageDim 0 = black .. 1 = as it is
 */

/**
 * Where things go for this frame shape: every aspect ratio is composed, not cropped. In units of half the frame's
 * smaller side, origin in the middle, y up.
 *
 * @typedef {object} Layout
 * @property {number} width half width of the frame
 * @property {number} height half height of the frame
 * @property {number} subjectX
 * @property {number} subjectY where the subject's middle belongs (higher in a 9:16)
 * @property {number} subjectRadius largest radius that stays inside the safe area
 * @property {'wide'|'tall'|'square'} shape
 * @property {boolean} hasText whether a title or an artist will be drawn
 */

/**
 * @typedef {object} LookStage
 * @property {WebGLRenderer} renderer
 * @property {WebGLRenderTarget} target the scene target: RGBA8 with depth, premultiplied, display-encoded (sRGB) values
 * @property {number} width pixels
 * @property {number} height pixels
 * @property {Layout} layout
 * @property {Record<string, any>} params the look's own parameters, all present and valid
 * @property {{type: 'color' | 'gradient' | 'image' | 'transparent'}} background the settings' own
 * @property {number} seed
 * @property {FeatureTrack} track
 * @property {Texture | null} cover square, at most 1024 pixels
 * @property {import('./oklch.js').Palette | null} coverPalette colours of the cover, strongest first
 * @property {string} title
 * @property {string} artist
 */

/**
 * A look at work. `draw` is a pure function of its arguments: nothing may be kept from one frame to the next that the
 * next frame would miss if it were drawn alone.
 *
 * @typedef {object} LookInstance
 * @property {(sound: FrameSound, air: Air) => void} draw binds and clears `stage.target` and draws the frame into it
 * @property {() => void} dispose frees every geometry, material, texture and target that it made
 */

/** @typedef {(stage: LookStage) => LookInstance} CreateLook */

export {};
