"""The score of First Light: tempo, sections, chords, melody and drum patterns, as lists of moments in seconds."""

from dataclasses import dataclass

BPM = 124
RATE = 48_000
BEAT_S = 60 / BPM
BAR_S = 4 * BEAT_S
STEP_S = BEAT_S / 4  # a sixteenth
BARS = 20
TAIL_S = 2.2

SECTIONS = ((0, "intro"), (4, "build"), (8, "drop"), (12, "break"), (16, "drop"))
"""First bar and label of each section."""

ROOTS = (29, 31, 33, 28)
"""Bass notes (MIDI) of the four bars that repeat: F, G, A minor, C over E."""

CHORDS = ((53, 57, 60, 64, 67), (55, 59, 62, 64, 69), (52, 57, 60, 64, 71), (52, 55, 60, 62, 67))

HOOK = (
    ((0, 3, 76), (3, 3, 74), (6, 2, 72), (8, 4, 69), (12, 2, 72), (14, 2, 74)),
    ((0, 3, 76), (3, 3, 79), (6, 2, 76), (8, 6, 74), (14, 2, 71)),
    ((0, 3, 72), (3, 3, 76), (6, 4, 81), (10, 3, 79), (13, 3, 76)),
    ((0, 3, 76), (3, 3, 74), (6, 2, 72), (8, 6, 74), (14, 2, 67)),
)
"""The melody: (sixteenth, length in sixteenths, MIDI note) for each of the four bars."""

ARPEGGIO = (0, 2, 4, 1, 3, 4, 2, 3, 0, 3, 4, 2, 1, 4, 3, 2)
CHORD_RHYTHM = ((0, 3), (3, 3), (6, 4), (10, 2), (12, 4))
BASS_RHYTHM = (
    (2, 2, 1.0),
    (4, 1, 0.7),
    (6, 2, 1.0),
    (8, 1, 0.6),
    (10, 2, 1.0),
    (12, 1, 0.7),
    (14, 1, 1.0),
    (15, 1, 0.8),
)


@dataclass(frozen=True)
class Hit:
    """One stroke of a drum: when (s) and how hard (0..1)."""

    at: float
    force: float


def section_of(bar: int) -> str:
    """Label of the section that a bar belongs to."""
    return [label for first, label in SECTIONS if first <= bar][-1]


def time_of(bar: int, step: float = 0) -> float:
    """Start of a sixteenth in seconds."""
    return bar * BAR_S + step * STEP_S


def kicks() -> list[Hit]:
    """Four on the floor; soft in the build, silent in the bar before each drop's downbeat."""
    hits = []
    for bar in range(BARS):
        label = section_of(bar)
        if label == "build":
            beats = 4 if bar < 7 else 2
            hits += [Hit(time_of(bar, 4 * beat), 0.75) for beat in range(beats)]
        if label == "drop":
            hits += [Hit(time_of(bar, 4 * beat), 1.0) for beat in range(4)]
            if bar % 4 == 3:
                hits.append(Hit(time_of(bar, 14), 0.8))
    return hits


def snares() -> list[Hit]:
    """Claps on two and four, and the rolls that lead into the drops."""
    hits = []
    for bar in range(BARS):
        label = section_of(bar)
        if label == "drop" or (label == "build" and bar in (5, 6)):
            hits += [Hit(time_of(bar, step), 1.0 if label == "drop" else 0.7) for step in (4, 12)]
        if bar == 7:
            hits += [Hit(time_of(bar, 2 * i), 0.3 + 0.06 * i) for i in range(4)]
            hits += [Hit(time_of(bar, 8 + i), 0.5 + 0.06 * i) for i in range(6)]
        if bar == 15:
            hits += [Hit(time_of(bar, 8 + i), 0.35 + 0.08 * i) for i in range(6)]
    return hits


def closed_hats() -> list[Hit]:
    """Sixteenths with an accent on each beat's last; they join in the middle of the intro."""
    force = (0.55, 0.35, 0.0, 0.45)
    hits = []
    for bar in range(2, BARS):
        label = section_of(bar)
        if label == "break" or (label == "build" and bar == 7):
            continue
        level = 0.6 if label == "intro" else 1.0
        hits += [Hit(time_of(bar, step), level * force[step % 4]) for step in range(16) if force[step % 4]]
    return hits


def open_hats() -> list[Hit]:
    """Off the beat, where the house is."""
    bars = [bar for bar in range(BARS) if section_of(bar) == "drop" or bar in (5, 6)]
    return [Hit(time_of(bar, step), 0.9) for bar in bars for step in (2, 6, 10, 14)]


def crashes() -> list[float]:
    """Downbeats of the sections that open wide."""
    return [time_of(first) for first, label in SECTIONS if label == "drop"]


def truth() -> dict[str, object]:
    """What an analysis should find, in seconds."""
    hats = {round(hit.at, 6) for hit in closed_hats() + open_hats()}
    return {
        "tempo_bpm": float(BPM),
        "beats": [round(beat * BEAT_S, 6) for beat in range(4 * BARS)],
        "kicks": [round(hit.at, 6) for hit in kicks()],
        "snares": sorted(round(hit.at, 6) for hit in snares()),
        "hats": sorted(hats),
        "sections": [{"start_s": round(time_of(first), 6), "label": label} for first, label in SECTIONS],
    }
