"""A render over which the browser dies, whoever tries: three attempts, then it is given up, and others go on."""

import sys
import time
from pathlib import Path

import pytest
from tests.chaos.conftest import Begin
from tests.chaos.site import BIG

from oriel.rendering.pipeline.tools import find_chromium

# In place of Chromium: becomes the real one, beside which somebody waits with a knife.
CHROMIUM = """#!{python}
import os, subprocess, sys
subprocess.Popen([sys.executable, {knife!r}, str(os.getpid())], stdin=subprocess.DEVNULL)
os.execv({chromium!r}, [{chromium!r}, *sys.argv[1:]])
"""

KNIFE = """
import os, signal, sys, time
from pathlib import Path
data, browser = Path({data!r}), int(sys.argv[1])
while Path(f"/proc/{{browser}}").exists():
    poison = (data / "poison").read_text() if (data / "poison").exists() else "nothing"
    is_drawn = any(data.glob("work/renders/*/chunks/*.part.*")) and any(data.glob(f"work/workers/*/{{poison}}-*"))
    if is_drawn:
        os.kill(browser, signal.SIGKILL)
    time.sleep(0.05)
"""


@pytest.fixture
def deadly(tmp_path: Path) -> Path:
    """Return a Chromium that dies while it draws the render whose id stands in the file `poison`."""
    knife, chromium = tmp_path / "knife.py", tmp_path / "chromium"
    knife.write_text(KNIFE.format(data=str(tmp_path / "d")))
    chromium.write_text(CHROMIUM.format(python=sys.executable, knife=str(knife), chromium=str(find_chromium())))
    chromium.chmod(0o755)
    return chromium


# A minute of work for both cores: nine browsers start and die. The parts are held by quicker tests.
@pytest.mark.long
def test_it_is_given_up_after_three_attempts(begin: Begin, deadly: Path, song: Path, short_song: Path) -> None:
    site = begin(CHROMIUM_PATH=str(deadly))
    victim, other = site.customer(), site.customer("free")
    poison = site.submit(victim, victim.upload(song), **BIG)
    (site.service.data / "poison").write_text(poison)
    well = site.submit(other, other.upload(short_song))
    site.assert_delivered_once([well])
    # On a slow machine its own pauses have passed meanwhile, and it may be further than its first attempt.
    while (row := site.wait_for(poison, "queued", "failed"))["status"] == "queued":
        site.ledger.hurry(poison)
        time.sleep(0.2)
    assert (row["fence"], row["error_code"]) == (3, "STAGE_CRASHED")
    site.wait_until(lambda: site.ledger.sent(poison), "the customer is told")
    assert site.ledger.mails(poison) == ["render_failed"]
    assert site.ledger.rights(poison) == ["returned"]
    assert site.ledger.videos(poison) == []
    site.end()
