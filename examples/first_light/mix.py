"""Plays the score and mixes it: one stem for each instrument, sidechain, echo, reverb and a soft limit."""

import numpy as np
from examples.first_light import drums, score, voices
from examples.first_light.score import BAR_S, BARS, RATE, STEP_S, TAIL_S, section_of, time_of
from examples.first_light.space import Sound, band, echo, place, pump, reverb, shape_spectrum, sweep

LENGTH = round((BARS * BAR_S + TAIL_S) * RATE)
SEED = 20


def first_light() -> Sound:
    """The whole song, stereo, peaks below 0.89."""
    random = np.random.default_rng(SEED)
    kick_times = [hit.at for hit in score.kicks()]
    ducked = pump(LENGTH, kick_times, 0.86, 0.17)
    chords = chord_stem() * ducked
    melody = lead_stem() * pump(LENGTH, kick_times, 0.5, 0.1)
    arpeggio = arpeggio_stem() * pump(LENGTH, kick_times, 0.45, 0.12)
    low = bass_stem() * pump(LENGTH, kick_times, 0.97, 0.13)
    rise, impact = transition_stems(random)
    beat, claps, hats = drum_stems(random)
    echoes = echo(arpeggio, 3 * STEP_S, 0.5) + 0.7 * echo(melody, 3 * STEP_S, 0.42)
    sends = 0.30 * chords + 0.40 * melody + 0.5 * arpeggio + 0.45 * echoes + 0.14 * claps + 0.03 * hats + 0.25 * impact
    hall = reverb(shape_spectrum(sends + 0.3 * rise, band(220, 20_000, 1)), random, 2.4) * pump(
        LENGTH, kick_times, 0.55, 0.15
    )
    music = chords + 0.9 * melody + arpeggio + 0.55 * echoes + 0.85 * hall + low + rise + impact
    return master(music + beat + claps + hats)


def drum_stems(random: np.random.Generator) -> tuple[Sound, Sound, Sound]:
    """Kick, claps and hats."""
    beat, claps, hats = (np.zeros((LENGTH, 2)) for _ in range(3))
    one_kick = drums.kick()
    soft_kick = shape_spectrum(one_kick, band(70, 2500, 1.5))
    for hit in score.kicks():
        place(beat, one_kick if hit.force > 0.76 else soft_kick, hit.at, 0.82 * hit.force)
    for hit in score.snares():
        place(claps, drums.clap(random), hit.at, 1.05 * hit.force)
    for hit in score.closed_hats():
        place(hats, drums.hat(random, 0.018) * [0.8, 1.15], hit.at, 0.72 * hit.force)
    for hit in score.open_hats():
        place(hats, drums.hat(random, 0.065) * [1.1, 0.9], hit.at, 0.62 * hit.force)
    return beat, claps, hats


def chord_stem() -> Sound:
    """Held pads outside the drops, a struck rhythm inside, behind a filter that tells the story."""
    out = np.zeros((LENGTH, 2))
    for bar in range(BARS):
        notes = score.CHORDS[bar % 4]
        if section_of(bar) != "drop":
            place(out, voices.chord(notes, BAR_S), time_of(bar), 0.8)
            continue
        wide = (notes[0] - 12, *notes, notes[2] + 12) if bar >= 16 else notes
        for step, length in score.CHORD_RHYTHM:
            place(out, voices.chord(wide, length * STEP_S), time_of(bar, step), 1.15)
    place(out, voices.chord(score.CHORDS[0], TAIL_S), BARS * BAR_S, 0.9)
    return sweep(out, chord_cutoff(), resonance=0.5) * chord_level()[:, None]


def chord_cutoff() -> Sound:
    """Closed in the intro, opening through the build, wide in the drops, dim in the break."""
    bars = (0, 4, 7, 7.98, 8, 12, 12.05, 15, 15.98, 16, 20, 21.2)
    octaves = (8.4, 9.2, 11.2, 12.3, 13.2, 13.4, 9.4, 9.9, 12.0, 13.5, 13.6, 8.0)
    return 2 ** np.interp(np.arange(LENGTH) / RATE / BAR_S, bars, octaves)


def chord_level() -> Sound:
    """Level of the chords, so that the drop is felt as well as heard."""
    bars = (0, 1.5, 4, 7.9, 8, 12, 12.02, 15.9, 16, 20, 21.1)
    level = (0.12, 0.34, 0.42, 0.36, 0.72, 0.72, 0.34, 0.40, 0.78, 0.78, 0.0)
    return np.asarray(np.interp(np.arange(LENGTH) / RATE / BAR_S, bars, level))


def arpeggio_stem() -> Sound:
    """Plucked sixteenths, wandering from side to side."""
    out = np.zeros((LENGTH, 2))
    level = {"intro": 0.16, "build": 0.20, "drop": 0.17, "break": 0.0}
    for bar in range(BARS):
        gain = level[section_of(bar)]
        for step, degree in enumerate(score.ARPEGGIO):
            if gain == 0:
                break
            side = 0.6 * np.sin(2 * np.pi * (bar * 16 + step) / 24)
            note = voices.pluck(score.CHORDS[bar % 4][degree] + 12, 0.85)
            accent = 1.0 if step % 4 == 0 else 0.75
            place(out, note * np.array([1 - side, 1 + side]), time_of(bar, step), gain * accent)
    return out


def lead_stem() -> Sound:
    """The hook in both drops, and alone, as plucks, in the break."""
    out = np.zeros((LENGTH, 2))
    for bar in range(8, BARS):
        before: int | None = None
        for step, length, note in score.HOOK[bar % 4]:
            if section_of(bar) == "break":
                place(out, voices.pluck(note, 0.75), time_of(bar, step), 0.34)
                continue
            place(out, voices.lead(note, length * STEP_S, before), time_of(bar, step), 0.46)
            if bar >= 16:
                place(out, voices.lead(note + 12, length * STEP_S, before), time_of(bar, step), 0.17)
            before = note
    return shape_spectrum(out, band(150, 9000, 1))


def bass_stem() -> Sound:
    """Rolling between the kicks in the drops; a held sub under the second half of the build and the break."""
    out = np.zeros((LENGTH, 2))
    for bar in range(BARS):
        root = score.ROOTS[bar % 4]
        if section_of(bar) == "drop":
            place(out, voices.sub(root, BAR_S), time_of(bar), 0.27)
            for step, length, force in score.BASS_RHYTHM:
                place(out, voices.bass(root, length * STEP_S * 0.92), time_of(bar, step), 0.17 * force)
        elif bar in (6, 13, 14):
            place(out, voices.sub(root, BAR_S), time_of(bar), 0.16)
    return out


def transition_stems(random: np.random.Generator) -> tuple[Sound, Sound]:
    """Risers that end on the drops; crashes and booms that start there."""
    rise, impact = np.zeros((LENGTH, 2)), np.zeros((LENGTH, 2))
    for at in score.crashes():
        length = 2 * BAR_S
        place(rise, drums.riser(random, length), at - length, 0.30)
        place(impact, drums.crash(random), at, 0.6)
        place(impact, drums.boom(), at, 0.40)
    end = BARS * BAR_S
    place(impact, drums.crash(random), end, 0.3)
    place(impact, drums.boom(), end, 0.5)
    return rise, impact


def master(sound: Sound) -> Sound:
    """Soft limit and a short fade at the very end."""
    limited = 0.89 * np.tanh(1.05 * sound)
    ending = np.clip((LENGTH - np.arange(LENGTH)) / (0.6 * RATE), 0, 1)
    return np.asarray(limited * ending[:, None])
