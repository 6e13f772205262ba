// Whether this device is worked by fingers: its texts then say "tap" and not "drop", and name no keys.

export const isTouch = () => matchMedia('(pointer: coarse)').matches;
