"""The `oriel` command: reads options, calls one function of the pipeline, prints what it answers."""

import contextlib
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import click

from oriel.cli_backup import COMMANDS as BACKUP_COMMANDS
from oriel.cli_billing import billing
from oriel.cli_housekeeping import housekeeping
from oriel.cli_looks import describe_look, list_looks
from oriel.cli_path import NamedPath
from oriel.cli_progress import ProgressDisplay
from oriel.cli_service import COMMANDS
from oriel.cli_settings import RenderOptions, document_from
from oriel.doctor import Finding, examine, install_missing
from oriel.errors import AppError, CallerError, Cancelled
from oriel.infra.own_memory import hide_memory
from oriel.rendering.pipeline.analyse import analyse_song
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.process import last_line
from oriel.rendering.pipeline.progress import CancelToken
from oriel.rendering.pipeline.render import render_song
from oriel.rendering.pipeline.request import Machine, RenderRequest, RenderResult
from oriel.rendering.pipeline.tools import find_chromium, find_tools
from oriel.settings import Settings, load_settings

_PATH = NamedPath(path_type=Path)
_INTERRUPTED = 130
# `oriel render` writes a file for its user, who says by the umask who may read it.
_MAKE_FILES_FOR_OTHERS = {"render", "analyse", "looks"}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="oriel")
@click.option("--debug", is_flag=True, help="Print a traceback on failure.")
def oriel(debug: bool) -> None:
    """Music in, a finished 3D video out."""


@oriel.command()
@click.argument("song", type=_PATH)
@click.option("-o", "--output", type=_PATH, required=True, help="The video file to write.")
@click.option("--look", help="Which look draws the video (see `oriel looks`).")
@click.option("--preset", help="Saved parameter values of the look.")
@click.option("--settings", type=_PATH, help="A JSON file with settings; options override it.")
@click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    multiple=True,
    help="A parameter of the look (`oriel looks NAME` lists them), or a dotted path such as finish.glow.",
)
@click.option("--title", help="Written in the picture; from the song's tags by default, '' for none.")
@click.option("--artist", help="Written in the picture; from the song's tags by default, '' for none.")
@click.option("--cover", type=_PATH, help="A picture; the one inside the song by default.")
@click.option("--size", metavar="720p|1080p|1440p|4k|WxH", help="The shorter side, or both.")
@click.option("--aspect", type=click.Choice(["16:9", "9:16", "1:1", "4:5"]), help="The frame's shape; 16:9 by default.")
@click.option("--fps", type=click.Choice(["24", "30", "60"]), help="Frames a second; 30 by default.")
@click.option("--format", "format_", type=click.Choice(["mp4", "webm", "mov"]), help="By default what OUT ends with.")
@click.option(
    "--quality",
    type=click.Choice(["draft", "standard", "high"]),
    help="Encoding quality; standard by default.",
)
@click.option("--start", type=float, metavar="S", help="Begin at this second of the song.")
@click.option("--duration", type=float, metavar="S", help="End after so many seconds.")
@click.option("--seed", type=int, metavar="N", help="Seed of the random details; the same seed gives the same video.")
@click.option("--watermark", is_flag=True, help="Draw the watermark of the free plan.")
@click.option("--poster", type=_PATH, metavar="FILE", help="Also save a poster frame as a JPEG.")
@click.option("--work", type=_PATH, metavar="DIR", help="Where intermediate files go while it runs.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def render(
    song: Path,
    output: Path,
    fps: str | None,
    format_: str | None,
    watermark: bool,
    poster: Path | None,
    work: Path | None,
    as_json: bool,
    **options: Any,  # noqa: ANN401  (click hands them over by name, and RenderOptions names their types)
) -> None:
    """Render SONG into a video."""
    settings, looks = load_settings(), load_looks()
    given = RenderOptions(output=output, fps=int(fps) if fps else None, format=format_, **options)
    request = RenderRequest(
        song=song,
        output=output,
        settings=document_from(given, looks),
        looks=looks,
        machine=_machine(settings, work),
        formats=settings.audio_formats,
        max_seconds=settings.max_song_seconds,
        watermark=watermark,
        poster=poster,
    )
    with _stopped_by_signals() as cancel, _display() as display:
        result = render_song(request, display, cancel)
    for warning in result.warnings:
        click.echo(f"Warning: {warning}", err=True)
    click.echo(json.dumps(result.as_json()) if as_json else _told(result))


@oriel.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the looks as JSON, with all their parameters.")
def looks(name: str | None, as_json: bool) -> None:
    """List the looks, or the parameters of the look NAME."""
    known = load_looks()
    chosen = known.all if name is None else (known.look(name),)
    if as_json:
        click.echo(json.dumps({"looks": [look.as_json() for look in chosen]}))
    else:
        click.echo(list_looks(known) if name is None else describe_look(chosen[0]))


@oriel.command()
@click.argument("song", type=_PATH)
@click.option("--work", type=_PATH, metavar="DIR", help="Where intermediate files go while it runs.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def analyse(song: Path, work: Path | None, as_json: bool) -> None:
    """Show tempo, beats, loudness and sections of SONG."""
    settings = load_settings()
    with _stopped_by_signals() as cancel, _display() as display:
        heard = analyse_song(
            song,
            _machine(settings, work),
            formats=settings.audio_formats,
            max_seconds=settings.max_song_seconds,
            on_progress=display,
            cancel=cancel,
        )
    click.echo(json.dumps(heard) if as_json else _heard(heard))


@oriel.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--fix", is_flag=True, help="Install what is missing, where possible.")
def doctor(as_json: bool, fix: bool) -> None:
    """Check the installation, and say how to fix what is missing."""
    # Imported late: the service's libraries take half a second, which `oriel render` need not pay.
    from oriel.doctor_service import examine_service, fix_service

    settings = load_settings().where_it_runs()
    findings = [*examine(settings), *examine_service(settings)]
    if fix and (install_missing(findings, say=lambda line: click.echo(line, err=True)) or fix_service(settings)):
        findings = [*examine(settings), *examine_service(settings)]
    report = {"ok": all(finding.ok for finding in findings), "checks": [finding.as_json() for finding in findings]}
    click.echo(json.dumps(report) if as_json else "\n".join(_found(finding) for finding in findings))
    if not as_json:
        click.echo("Ready to render." if report["ok"] else "Not ready. Fix the problems above.", err=True)
    if not report["ok"]:
        raise click.exceptions.Exit(2)


for _command in (*COMMANDS, *BACKUP_COMMANDS, housekeeping, billing):
    oriel.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code: 0 done, 2 the caller can fix it, 1 ours, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not _MAKE_FILES_FOR_OTHERS & {*given[:2]}:
        # What the service keeps is for nobody else on this machine.
        os.umask(0o077)
        hide_memory()
    sys.exit(run(given))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; a failure is one sentence on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Playwright leaves futures behind when its driver is ended, and asyncio would print them beside our sentence.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        result = oriel.main(given, prog_name="oriel", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        # A group without its command: the help as it is.
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _fail(error.format_message(), 2, given)
    except (click.Abort, KeyboardInterrupt, Cancelled):
        return _fail("Interrupted.", _INTERRUPTED, given, Cancelled())
    except AppError as error:
        _trace(given)
        return _fail(_explained(error), error.exit_code, given, error)
    except Exception as error:  # noqa: BLE001  (the edge of the process: whatever it is must become a sentence)
        _trace(given)
        return _fail(f"Unexpected error: {type(error).__name__}: {error}", 1, given)


def _trace(arguments: Sequence[str]) -> None:
    if "--debug" in arguments:
        traceback.print_exc()


def _explained(error: AppError) -> str:
    """Return the sentence of a failure, with its known cause if the caller cannot fix it."""
    if error.exit_code != 1:
        return error.message
    reason, stderr = error.details.get("reason"), error.details.get("stderr")
    # A browser's reason begins with what happened and goes on with its log; programs end with theirs.
    known = str(reason).strip().partition("\n")[0] if reason else last_line(str(stderr)) if stderr else ""
    return error.message if known in error.message else f"{error.message} ({known})"


def _fail(sentence: str, exit_code: int, arguments: Sequence[str], error: AppError | None = None) -> int:
    """Say it in one line, and to a program that asked for JSON in the format of the API."""
    line = " ".join(sentence.split())
    if "--json" in arguments:
        told = error or (CallerError(line) if exit_code == 2 else AppError(line))
        click.echo(json.dumps({"error": told.as_json()}))
    click.echo(f"Error: {line}", err=True)
    return exit_code


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[CancelToken]:
    """Turn SIGINT, SIGTERM and SIGHUP into an orderly end; what goes wrong while ending is no news."""
    cancel = CancelToken()

    def stop(_number: int, _frame: FrameType | None) -> None:
        cancel.cancel()

    heeded = [signal.SIGINT, signal.SIGTERM]
    # `nohup` has it ignored, and that stays so.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heeded.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in heeded}
    try:
        yield cancel
    except Exception as error:
        if cancel.cancelled:
            raise Cancelled from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _display() -> Iterator[ProgressDisplay]:
    display = ProgressDisplay(sys.stderr)
    try:
        yield display
    finally:
        display.close()


def _machine(settings: Settings, work: Path | None) -> Machine:
    return Machine(
        tools=find_tools(settings.ffmpeg_path, settings.ffprobe_path),
        chromium=find_chromium(settings.chromium_path),
        work_root=work or settings.work_root,
    )


def _told(result: RenderResult) -> str:
    return (
        f"{result.output}: {result.width}x{result.height}, {result.frames} frames at {result.fps} a second,"
        f" {result.duration_s:.2f} s, made in {result.render_s:.1f} s"
        f" ({result.frames_per_s:.1f} frames/s on {result.backend})"
    )


def _heard(heard: dict[str, Any]) -> str:
    tempo = f"{heard['tempo_bpm']:.1f} bpm" if heard["tempo_bpm"] else "no steady beat"
    loudness = heard["loudness_lufs"]
    lines = [
        f"{heard['title']}{' by ' + heard['artist'] if heard['artist'] else ''}",
        f"{heard['duration_s']:.2f} s, {'silent' if loudness is None else f'{loudness:.1f} LUFS'}, {tempo},"
        f" {len(heard['beats'])} beats, {len(heard['onsets'])} onsets",
    ]
    lines += [
        f"  {part['start_s']:7.2f} s  {part['label']:9} energy {part['energy'] * 100:3.0f} %"
        for part in heard["sections"]
    ]
    return "\n".join(lines)


def _found(finding: Finding) -> str:
    return f"{'ok     ' if finding.ok else 'MISSING'} {finding.name}: {finding.found}" + (
        f" -> {finding.fix}" if finding.fix and not finding.ok else ""
    )
