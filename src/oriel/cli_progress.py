"""Progress on standard error: a bar on a terminal, a line for each stage and each tenth elsewhere."""

from typing import TextIO

from oriel.rendering.pipeline.progress import Progress

_BAR = 30
_CLEAR = "\r\x1b[K"


class ProgressDisplay:
    """Takes every Progress of one piece of work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._shown: str = ""
        self._told: tuple[str, int] | None = None

    def __call__(self, progress: Progress) -> None:
        """Show the progress, if it looks different from what is shown."""
        if self._is_terminal:
            self._draw(progress)
        else:
            self._tell(progress)

    def close(self) -> None:
        """Leave the terminal clean for what is printed next."""
        if self._is_terminal and self._shown:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def _draw(self, progress: Progress) -> None:
        full = int(progress.fraction * _BAR)
        text = f"{'█' * full}{'░' * (_BAR - full)} {describe(progress)}"
        if text != self._shown:
            self._shown = text
            self._stream.write(_CLEAR + text)
            self._stream.flush()

    def _tell(self, progress: Progress) -> None:
        news = (progress.stage, int(progress.fraction * 10 + 1e-9))
        if news != self._told:
            self._told = news
            self._stream.write(describe(progress) + "\n")
            self._stream.flush()


def describe(progress: Progress) -> str:
    """Return one line such as "43 % rendering, frame 2322 of 5400, 0:43 left"."""
    parts = [f"{int(progress.fraction * 100 + 1e-9):3d} % {progress.stage}"]
    if progress.stage == "rendering" and progress.frames_total:
        parts.append(f"frame {progress.frames_done} of {progress.frames_total}")
    if progress.eta_s is not None:
        minutes, seconds = divmod(round(progress.eta_s), 60)
        parts.append(f"{minutes}:{seconds:02d} left")
    return ", ".join(parts)
