"""The pitched voices of First Light: stacked saws, plucks, lead and bass."""

from functools import lru_cache

import numpy as np
from examples.first_light.drums import both, seconds
from examples.first_light.score import RATE
from examples.first_light.space import Sound


def hertz(note: float) -> float:
    """Frequency of a MIDI note."""
    return float(440 * 2 ** ((note - 69) / 12))


def saw(hz: Sound | float, time: Sound, phase: float = 0.0) -> Sound:
    """A saw with its step rounded off over two samples (polyBLEP), so that it does not alias."""
    step = np.broadcast_to(np.asarray(hz, dtype=np.float64) / RATE, time.shape)
    turn = (np.cumsum(step) + phase) % 1.0
    rising, falling = turn / step, (turn - 1) / step
    after = np.where(turn < step, 2 * rising - rising**2 - 1, 0.0)
    before = np.where(turn > 1 - step, falling**2 + 2 * falling + 1, 0.0)
    return np.asarray(2 * turn - 1 - after - before)


def fade(time: Sound, attack_s: float, release_s: float) -> Sound:
    """Straight ramps at both ends."""
    left = time[-1] - time
    return np.asarray(np.minimum(1, time / attack_s) * np.minimum(1, left / release_s))


@lru_cache(maxsize=16)
def chord(notes: tuple[int, ...], length_s: float) -> Sound:
    """Seven detuned saws for each note, spread over the stereo field."""
    random = np.random.default_rng(sum(notes))
    time = seconds(length_s)
    out = np.zeros((len(time), 2))
    for note in notes:
        for cents, side in zip((-19, -12, -5, 0, 6, 11, 18), (-0.9, 0.7, -0.4, 0.0, 0.5, -0.7, 0.9), strict=True):
            voice = saw(hertz(note + cents / 100), time, float(random.random()))
            out += voice[:, None] * np.sqrt([(1 - side) / 2, (1 + side) / 2])
    return out / (2.2 * len(notes)) * fade(time, 0.004, 0.03)[:, None]


@lru_cache(maxsize=64)
def pluck(note: int, bright: float = 1.0) -> Sound:
    """A struck string: the higher the partial, the sooner it is gone."""
    time = seconds(0.9)
    out = np.zeros(len(time))
    for partial in range(1, 13):
        hz = hertz(note) * partial * (1 + 0.0004 * partial**2)
        if hz > 15_000:
            break
        out += np.sin(2 * np.pi * hz * time) / partial * bright ** (partial - 1) * np.exp(-time * (4 + 2.6 * partial))
    return both(out * fade(time, 0.0015, 0.05))


def lead(note: int, length_s: float, glide_from: int | None) -> Sound:
    """The melody's voice: three saws and an octave below, sliding in from the note before."""
    time = seconds(length_s + 0.12)
    start = hertz(note if glide_from is None else glide_from)
    hz = hertz(note) + (start - hertz(note)) * np.exp(-time / 0.018)
    hz = hz * (1 + 0.0035 * np.sin(2 * np.pi * 5.4 * time) * np.clip((time - 0.18) / 0.2, 0, 1))
    left = saw(hz * 1.004, time, 0.1) + saw(hz, time, 0.37)
    right = saw(hz / 1.004, time, 0.71) + saw(hz, time, 0.37)
    below = 0.8 * np.sin(np.pi * np.cumsum(hz) / RATE)
    shape = fade(time, 0.005, 0.12) * (0.65 + 0.35 * np.exp(-time / 0.12))
    return np.stack([left + below, right + below], axis=1) * (0.3 * shape)[:, None]


def bass(note: int, length_s: float) -> Sound:
    """A saw and a square an octave apart, closing as they fade."""
    time = seconds(length_s)
    hz = hertz(note + 12)
    out = np.zeros(len(time))
    for partial in range(1, 24):
        closing = np.exp(-time * (1.2 * partial))
        odd = 0.5 if partial % 2 else 0.0
        out += (1 / partial + odd / partial) * closing * np.sin(2 * np.pi * hz * partial * time)
    return both(np.tanh(1.3 * out) * fade(time, 0.003, 0.02))


def sub(note: int, length_s: float) -> Sound:
    """The lowest octave, a plain sine with a little warmth."""
    time = seconds(length_s)
    return both(np.tanh(1.4 * np.sin(2 * np.pi * hertz(note) * time)) * fade(time, 0.012, 0.03))
