"""Parts of a running clinic are killed with -9 in the middle of a plan; the plan goes on and doubles nothing."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.playing.checks import general_faults
from cli.playing.play import Play
from cli.playing.script import Script
from cli.playing.story import Story
from schemas.plan import Stage
from tests.end_to_end.shaken_clinic import Blow, Enough, shaken_play, shaken_stack, withdraw

pytestmark = pytest.mark.slow

_FORM = Path(__file__).parents[2] / "docs" / "examples" / "anna-back-pain.json"
_OURS = ("DATABASE_URL", "TEMPORAL_", "TWILIO_", "LIMBER_")
_WEEKS = 2


@pytest.fixture
def clinic_folder() -> Iterator[Path]:
    """A folder that the unprivileged database account can reach; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="limber-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clinic brings every part of its own, whatever the environment names."""
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        monkeypatch.delenv(name)


async def test_a_plan_outlives_its_worker_its_engine_and_its_database(clinic_folder: Path) -> None:
    form = json.loads(_FORM.read_text(encoding="utf-8"))
    with shaken_stack(clinic_folder) as parts:
        blows = (
            Blow(("worker",), at_a_text=False, nth=2),
            Blow(("PostgreSQL", "Temporal"), at_a_text=True, nth=2),
            Blow(("worker", "PostgreSQL", "Temporal"), at_a_text=False, nth=8),
        )
        async with shaken_play(parts, form, blows, _WEEKS) as play:
            with pytest.raises(Enough):
                await Play(play.clinic, play.phone, Script(), Story()).run()
            assert not play.clock.to_fall, "every blow has fallen"
            assert (await play.clinic.watch.state()).progress.sessions_completed >= 1

            await withdraw(parts.stack, play.plan_id)
            await play.clinic.watch.settled()
            assert await play.clinic.watch.over(), "the plan comes to its end"
            state = await play.clinic.watch.state()
            messages = (await play.staff.plan(play.plan_id, "messages"))["messages"]
            _, chain = await play.staff.audit(play.plan_id)
            assert state.stage is Stage.withdrawn
            assert list(general_faults(state, messages, await play.phone.texts(), chain)) == []
            assert len([text for text in await play.phone.texts() if not text.mine]) >= 8
        logs = "".join(file.read_text(errors="replace") for file in parts.stack.logs.glob("*.log"))
    assert parts.left_over() == [], "a clinic that was shaken closes without a trace too"
    for secret in ("Anna", "Kowalska", "1988-04-17", "7700900321", "07700 900321", "Kowalski", "car seat"):
        assert secret not in logs
