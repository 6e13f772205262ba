"""FFmpeg's filter that makes stereo of any channels, also where their number changes inside the song."""

_HALF_POWER = 0.707107

# The gains of FFmpeg's own mix, by channel. Channels that the sound does not have count for nothing, and "<" scales the
# rest down to a sum of 1: so mono keeps its level, where FFmpeg's own filter would take 3 dB off, and stereo its bits.
_LEFT = {"FL": 1.0, "DL": 1.0, "FLC": 1.0, "WL": 1.0, "BL": _HALF_POWER, "SL": _HALF_POWER, "TFL": _HALF_POWER}
_LEFT |= {"TBL": _HALF_POWER, "TSL": _HALF_POWER}
_MIDDLE = {"FC": _HALF_POWER, "BC": 0.5, "TC": 0.5, "TFC": 0.5, "TBC": 0.5}

# FFmpeg guesses what speakers these are for where the file does not say.
_MOST_GUESSED = 8


def to_stereo(channels: int, layout: str) -> str:
    """Return the filter for sound that begins with so many channels, in FFprobe's name for their layout."""
    if channels == 1:
        return _mono(layout)
    if channels > _MOST_GUESSED and layout in ("", "unknown"):
        return _by_number(channels)
    right = {name.replace("L", "R"): gain for name, gain in _LEFT.items()}
    return _pan(_LEFT | _MIDDLE, right | _MIDDLE)


def _mono(layout: str) -> str:
    # A single channel for the left speaker is mono as well. Only where it is called so may stereo follow in the file.
    if layout in ("mono", "", "unknown"):
        return to_stereo(2, "stereo")
    return "pan=stereo|c0=c0|c1=c0"


def _by_number(channels: int) -> str:
    """Return the mix of tracks that come as pairs, as far as anybody knows."""
    return _pan({f"c{n}": 1.0 for n in range(0, channels, 2)}, {f"c{n}": 1.0 for n in range(1, channels, 2)})


def _pan(left: dict[str, float], right: dict[str, float]) -> str:
    sides = ("+".join(f"{gain:g}*{name}" for name, gain in side.items()) for side in (left, right))
    return "pan=stereo|" + "|".join(f"c{index}<{side}" for index, side in enumerate(sides))
