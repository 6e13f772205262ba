"""The cover of First Light: a low sun over still water, drawn with numpy and written as PNG without a library."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float64]  # colours or a map over the picture

SUPERSAMPLING = 2
HORIZON = 0.64
SHORE = 0.655
STRIPS = 40


def cover_png(size: int) -> bytes:
    """The cover as an 8-bit RGB PNG of size x size pixels."""
    fine = size * SUPERSAMPLING
    light = np.clip(draw(fine), 0, 1)
    light = light.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING, 3).mean(axis=(1, 3))
    grain = np.random.default_rng(7).triangular(-1, 0, 1, (size, size, 1)) / 255
    pixels = np.round(np.clip(light + grain, 0, 1) * 255).astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(rows, 6))
        + png_chunk(b"IEND", b"")
    )


def png_chunk(name: bytes, body: bytes) -> bytes:
    """Length, name, body and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def draw(size: int) -> Picture:
    """Display RGB, (size, size, 3): sky, sun, ridges, water. In strips, because these fit into the cache."""
    axis = (np.arange(size) + 0.5) / size
    land = np.concatenate([draw_land(*np.meshgrid(axis, rows), size) for rows in np.array_split(axis, STRIPS)])
    first = int(SHORE * size)
    waters = [draw_water(land, *np.meshgrid(axis, rows), size) for rows in np.array_split(axis[first:], STRIPS)]
    return np.concatenate([land[:first], *waters])


def draw_land(x: Picture, y: Picture, size: int) -> Picture:
    """Everything above the water."""
    picture = np.repeat(gradient(y[:, 0] / HORIZON, SKY)[:, None, :], size, axis=1)
    picture = add_sun(picture, x, y)
    for index, (base, height, color) in enumerate(RIDGES):
        crest = base - height * ridge(x[0], index)
        cover = soft_step(y - crest[None, :], 1.5 / size)
        mist = np.clip((y - crest[None, :]) / 0.10, 0, 1)[..., None]
        shade = np.array(color) * (1 - 0.55 * mist) + np.array((0.98, 0.60, 0.50)) * 0.55 * mist
        picture = picture * (1 - cover[..., None]) + shade * cover[..., None]
    return np.asarray(picture)


SKY = ((0.0, (0.055, 0.060, 0.175)), (0.35, (0.20, 0.12, 0.34)), (0.68, (0.72, 0.26, 0.40)), (1.0, (1.0, 0.66, 0.42)))
RIDGES = ((0.625, 0.085, (0.50, 0.20, 0.37)), (0.640, 0.060, (0.29, 0.12, 0.29)), (0.650, 0.035, (0.13, 0.07, 0.19)))
SUN_COLORS = ((0.0, (1.0, 0.93, 0.72)), (0.55, (1.0, 0.62, 0.42)), (1.0, (0.96, 0.30, 0.45)))
SUN = (0.5, 0.47, 0.17)
"""Centre and radius."""


def gradient(part: Picture, stops: tuple[tuple[float, tuple[float, float, float]], ...]) -> Picture:
    """Colours between stops."""
    places = [place for place, _ in stops]
    return np.stack([np.interp(part, places, [color[i] for _, color in stops]) for i in range(3)], axis=-1)


def soft_step(distance: Picture, width: float) -> Picture:
    """0 below, 1 above, smooth in between."""
    return np.asarray(np.clip(distance / width + 0.5, 0, 1))


def add_sun(picture: Picture, x: Picture, y: Picture) -> Picture:
    """A disc cut by bands that widen downwards, with a glow around it."""
    cx, cy, radius = SUN
    distance = np.hypot(x - cx, y - cy)
    glow = np.exp(-np.maximum(distance - radius, 0) / 0.16)[..., None] * np.array((0.55, 0.24, 0.16))
    disc = soft_step(radius - distance, 0.0015)
    down = (y - cy + radius) / (2 * radius)
    stripe = (down * 11) % 1.0
    gap = np.clip((down - 0.42) * 0.9, 0, 0.5)
    disc = disc * soft_step(stripe - gap, 0.02)
    color = gradient(down[:, 0], ((0.0, (1.0, 0.93, 0.72)), (0.55, (1.0, 0.62, 0.42)), (1.0, (0.96, 0.30, 0.45))))[
        :, None, :
    ]
    lit = 1 - (1 - picture) * (1 - np.clip(glow, 0, 1))
    return np.asarray(lit * (1 - disc[..., None]) + color * disc[..., None])


def ridge(x: Picture, index: int) -> Picture:
    """Height of a range of hills, 0..1, from a few octaves of smooth noise."""
    random = np.random.default_rng(31 + index)
    height = np.zeros_like(x)
    for octave in range(7):
        cells = 3 * 2**octave
        values = random.random(cells + 2)
        place = x * cells
        left = np.floor(place).astype(int)
        part = place - left
        part = part * part * (3 - 2 * part)
        height += (values[left] * (1 - part) + values[left + 1] * part) * 0.5 ** (octave + 1)
    return height


def draw_water(land: Picture, x: Picture, y: Picture, size: int) -> Picture:
    """The land mirrored, broken by ripples and darker towards the viewer."""
    depth = np.clip((y - SHORE) / (1 - SHORE), 0, 1)
    wave = np.sin(y * 900 * (1.4 - depth) + 3 * np.sin(x * 9)) * 0.004 * (0.3 + depth)
    mirrored_y = np.clip(SHORE - (y - SHORE) * 1.25 + wave, 0, 1)
    columns = np.clip((x + wave * 3) * size, 0, size - 1).astype(int)
    mirrored = land[np.clip(mirrored_y * size, 0, size - 1).astype(int), columns]
    glint = np.exp(-(((x - 0.5) / (0.05 + 0.13 * depth)) ** 2)) * np.clip(np.sin(y * 420 * (1.3 - depth)) - 0.2, 0, 1)
    water = mirrored * np.array((0.88, 0.60, 0.60)) * (0.95 - 0.6 * depth)[..., None] + np.array((0.02, 0.02, 0.06))
    water = water + (glint * 0.55 * (1 - 0.6 * depth))[..., None] * np.array((1.0, 0.60, 0.42))
    below = soft_step(y - SHORE, 1.5 / size)[..., None]
    bank = land[np.clip(y * size, 0, size - 1).astype(int), np.clip(x * size, 0, size - 1).astype(int)]
    return np.asarray(bank * (1 - below) + water * below)
