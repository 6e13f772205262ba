// What every look declares about itself: its parameters, presets and defaults, put in by the build.

/** @type {Record<string, import('./parameters.js').Look>} */
const declarations = import.meta.glob('../looks/*/look.json', {eager: true, import: 'default'});

/** In the order in which they are shown, the same as in looks.json. */
export const LOOKS = Object.values(declarations);
