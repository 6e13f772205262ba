"""Songs whose every sample is known: clicks at exact times, and a little music."""

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000

Samples = NDArray[np.int16]


def click_times(seconds: float, seed: int = 7) -> list[float]:
    """Return irregular times, 0.45 to 1.6 s apart, that fall on whole samples: the first and the last near the ends."""
    chance = np.random.default_rng(seed)
    times = [0.737]
    while times[-1] < seconds - 2.2:
        times.append(times[-1] + float(chance.uniform(0.45, 1.6)))
    return [round(time * RATE) / RATE for time in [*times, seconds - 0.311]]


def clicks(times: Sequence[float], seconds: float, hum: float = 0.002) -> Samples:
    """Return stereo samples: over a faint hum each click starts with its loudest sample and is gone after 60 ms."""
    at = np.arange(round(seconds * RATE)) / RATE
    sound = hum * np.sin(2 * np.pi * 110 * at)
    ring = np.arange(round(0.06 * RATE)) / RATE
    click = np.exp(-ring / 0.012) * (0.5 * np.cos(2 * np.pi * 70 * ring) + 0.4 * np.cos(2 * np.pi * 1_900 * ring))
    for time in times:
        start = round(time * RATE)
        end = min(len(sound), start + len(click))
        sound[start:end] += click[: end - start]
    return _stereo(sound)


def music(seconds: float, seed: int = 3) -> Samples:
    """Return stereo samples of chords over a beat of 120 bpm, wide and uneven enough for every band to move."""
    chance = np.random.default_rng(seed)
    at = np.arange(round(seconds * RATE)) / RATE
    left, right = np.zeros_like(at), np.zeros_like(at)
    for bar in range(int(seconds // 2) + 1):
        swell = np.clip(1 - np.abs(at - 2 * bar - 1), 0, 1)
        for tone in 55 * 2 ** (chance.integers(0, 36, size=4) / 12):
            pan = chance.uniform(0.2, 0.8)
            wave_of = swell * np.sin(2 * np.pi * tone * at)
            left, right = left + 0.1 * (1 - pan) * wave_of, right + 0.1 * pan * wave_of
    beat = np.exp(-(at % 0.5) / 0.06) * np.sin(2 * np.pi * 60 * (at % 0.5))
    hat = np.exp(-((at + 0.25) % 0.5) / 0.02) * chance.normal(0, 0.05, size=len(at))
    return np.stack([_whole(left + 0.4 * beat + hat), _whole(right + 0.4 * beat - hat)], axis=1)


def write_wav(path: Path, samples: Samples, rate: int = RATE) -> Path:
    """Write 16-bit stereo."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def _stereo(sound: NDArray[np.float64]) -> Samples:
    return np.stack([_whole(sound), _whole(sound)], axis=1)


def _whole(sound: NDArray[np.float64]) -> Samples:
    return np.round(np.clip(sound, -0.999, 0.999) * 32767).astype(np.int16)
