"""Filters, sidechain, echo and reverb: what is done to sound once it is made. Stereo is (samples, 2)."""

from collections.abc import Callable

import numpy as np
from examples.first_light.score import RATE
from numpy.typing import NDArray

Sound = NDArray[np.float64]

FRAME = 1024
STRIDE = FRAME // 4


def shape_spectrum(sound: Sound, gain_at: Callable[[Sound], Sound]) -> Sound:
    """Filter with a fixed gain over frequency (Hz)."""
    size = 1 << (len(sound) - 1).bit_length()
    gain = gain_at(frequencies(size))
    spectrum = np.fft.rfft(sound, size, axis=0)
    shaped: Sound = np.fft.irfft(spectrum * (gain if sound.ndim == 1 else gain[:, None]), size, axis=0)
    return shaped[: len(sound)]


def frequencies(size: int) -> Sound:
    """Frequencies in Hz of a real transform's bins."""
    return np.fft.rfftfreq(size, 1 / RATE).astype(np.float64)


def band(low: float, high: float, order: float = 2) -> Callable[[Sound], Sound]:
    """Gain of a band pass with soft edges; 0 or infinity leaves a side open."""

    def gain(hz: Sound) -> Sound:
        safe = np.maximum(hz, 1e-3)
        return 1 / np.sqrt((1 + (low / safe) ** (2 * order)) * (1 + (safe / high) ** (2 * order)))

    return gain


def sweep(sound: Sound, cutoff: Sound, resonance: float = 0.0, high_pass: bool = False) -> Sound:
    """Filter whose cut-off (Hz, one number a sample) moves: frame by frame in the spectrum, overlapped."""
    window = np.sqrt(np.hanning(FRAME + 1)[:-1])
    padded = np.concatenate([np.zeros((FRAME, 2)), sound, np.zeros((FRAME, 2))])
    starts = np.arange(0, len(padded) - FRAME, STRIDE)
    hz = np.maximum(np.fft.rfftfreq(FRAME, 1 / RATE), 1.0)
    out = np.zeros_like(padded)
    for block in np.array_split(starts, max(1, len(starts) // 256)):
        frames = padded[block[:, None] + np.arange(FRAME)] * window[:, None]
        centre = cutoff[np.clip(block - FRAME // 2, 0, len(cutoff) - 1)]
        octaves = np.log2(hz[None, :] / centre[:, None]) * (-1 if high_pass else 1)
        gain = 1 / np.sqrt(1 + 2.0 ** (8 * octaves)) + resonance * np.exp(-((octaves / 0.22) ** 2))
        frames = np.fft.irfft(np.fft.rfft(frames, axis=1) * gain[:, :, None], FRAME, axis=1) * window[:, None]
        for start, frame in zip(block, frames, strict=True):
            out[start : start + FRAME] += frame
    return out[FRAME : FRAME + len(sound)] / 2


def pump(length: int, hits: list[float], depth: float, release_s: float) -> Sound:
    """Gain that ducks under each kick and comes back: the sidechain."""
    gain = np.ones(length)
    time = np.arange(int(4 * release_s * RATE)) / RATE
    dip = 1 - depth * np.exp(-((time / release_s) ** 1.6))
    for hit in hits:
        start = round(hit * RATE)
        part = gain[start : start + len(dip)]
        np.minimum(part, dip[: len(part)], out=part)
    return gain[:, None]


def echo(sound: Sound, delay_s: float, feedback: float, times: int = 6) -> Sound:
    """Ping-pong delay, without the dry sound; each repeat changes sides and loses its edges."""
    size = 1 << len(sound).bit_length()
    hz = frequencies(size)
    once = feedback * band(180, 6500, 1)(hz) * np.exp(-2j * np.pi * hz * delay_s)
    repeat = np.fft.rfft(sound, size, axis=0)
    total = np.zeros_like(repeat)
    for _ in range(times):
        repeat = repeat[:, ::-1] * once[:, None]
        total += repeat
    wet: Sound = np.fft.irfft(total, size, axis=0)
    return wet[: len(sound)]


def reverb(sound: Sound, random: np.random.Generator, seconds: float, pre_s: float = 0.02) -> Sound:
    """A hall: convolution with stereo noise whose highs die first, without the dry sound."""
    count = round(seconds * RATE)
    time = np.arange(count) / RATE
    tail = np.zeros((count, 2))
    for low, high, decay in ((120, 700, 1.0), (700, 3000, 0.8), (3000, 12000, 0.45)):
        noise = shape_spectrum(random.standard_normal((count, 2)), band(low, high, 2))
        tail += noise * np.exp(-6.9 * time / (seconds * decay))[:, None]
    tail *= np.minimum(1, time / 0.006)[:, None] / np.sqrt((tail**2).sum() / 2)
    size = 1 << (len(sound) + count).bit_length()
    wet: Sound = np.fft.irfft(np.fft.rfft(sound, size, axis=0) * np.fft.rfft(tail, size, axis=0), size, axis=0)
    pre = round(pre_s * RATE)
    return np.concatenate([np.zeros((pre, 2)), wet])[: len(sound)]


def place(track: Sound, sound: Sound, at: float, gain: float = 1.0) -> None:
    """Add a sound to a track at a moment in seconds."""
    start = round(at * RATE)
    part = track[start : start + len(sound)]
    part += gain * sound[: len(part)]
