"""The drums of First Light, each made from sines and noise."""

import numpy as np
from examples.first_light.score import RATE
from examples.first_light.space import Sound, band, shape_spectrum


def seconds(length_s: float) -> Sound:
    """Time axis of a sound."""
    return np.arange(round(length_s * RATE)) / RATE


def both(mono: Sound) -> Sound:
    """The same on both sides."""
    return np.stack([mono, mono], axis=1)


def kick() -> Sound:
    """A sine that falls from 210 to 47 Hz, driven, under a short click."""
    time = seconds(0.42)
    pitch = 47 + 163 * np.exp(-time / 0.022) + 35 * np.exp(-time / 0.09)
    body = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-time / 0.17)
    body *= np.minimum(1, time / 0.0008) * np.clip((0.42 - time) / 0.05, 0, 1)
    click = np.sin(2 * np.pi * 3200 * time) * np.exp(-time / 0.0018)
    return both(np.tanh(2.2 * body) * 0.9 + 0.25 * click)


def clap(random: np.random.Generator) -> Sound:
    """Three bursts of noise 9 ms apart and their room, over the body of a snare."""
    time = seconds(0.4)
    envelope = 0.65 * np.exp(-time / 0.10)
    for start, force in ((0.0, 1.0), (0.009, 0.8), (0.019, 0.9)):
        late = time - start
        envelope += np.where(late >= 0, force * np.exp(-np.maximum(late, 0) / 0.006), 0)
    noise = shape_spectrum(random.standard_normal((len(time), 2)), band(850, 7500, 1.5))
    body = np.sin(2 * np.pi * (185 * time + 60 * 0.03 * (1 - np.exp(-time / 0.03)))) * np.exp(-time / 0.07)
    return 0.5 * noise * envelope[:, None] + 0.35 * both(body)


def hat(random: np.random.Generator, decay_s: float) -> Sound:
    """High noise with a metallic edge."""
    time = seconds(6 * decay_s)
    metal = sum(np.sign(np.sin(2 * np.pi * hz * time)) for hz in (5271.0, 6637.0, 7919.0, 9411.0))
    raw = random.standard_normal((len(time), 2)) + 0.35 * both(np.asarray(metal))
    return 0.4 * shape_spectrum(raw, band(7200, 15500, 3)) * np.exp(-time / decay_s)[:, None]


def crash(random: np.random.Generator) -> Sound:
    """A wide cymbal that rings for three seconds."""
    time = seconds(3.2)
    noise = shape_spectrum(random.standard_normal((len(time), 2)), band(3000, 14000, 1))
    envelope = (0.6 * np.exp(-time / 0.12) + 0.4 * np.exp(-time / 0.9)) * np.clip((3.2 - time) / 0.5, 0, 1)
    return 0.5 * noise * envelope[:, None]


def boom() -> Sound:
    """The weight under a drop's first beat."""
    time = seconds(2.0)
    pitch = 36 + 50 * np.exp(-time / 0.12)
    tone = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-time / 0.5) * np.clip((2.0 - time) / 0.4, 0, 1)
    return both(tone * np.minimum(1, time / 0.004))


def riser(random: np.random.Generator, length_s: float) -> Sound:
    """Noise that swells and rises in pitch until the drop cuts it."""
    time = seconds(length_s)
    part = time / length_s
    noise = shape_spectrum(random.standard_normal((len(time), 2)), band(400, 16000, 1))
    whistle_hz = 300 * 2 ** (2.5 * part)
    whistle = np.sin(2 * np.pi * np.cumsum(whistle_hz) / RATE + 2 * np.sin(2 * np.pi * 6 * time))
    return (0.5 * noise + 0.12 * both(whistle)) * (part**2.2)[:, None]
