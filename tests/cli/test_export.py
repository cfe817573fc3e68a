"""`limber export`: what leaves the database is whole, can be checked, and is on record with who took it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import pwd
import re
import shlex
import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from care.pack import builtin
from cli.main import run
from database import inbound, outbox
from database.chain import link
from database.clients import client
from database.demo_clinic import THERAPIST
from database.events import events_of_plan, verify_chain
from database.notes import write_note
from database.outbox import Fate, Words
from database.record import record
from database.staff_changes import changes
from schemas.events import EventKind, PlanEvent
from schemas.messages import MessageStatus
from schemas.plan import PlanState
from schemas.staff_changes import StaffChange
from tests.database.plan_building import NOW, a_session, a_step, a_text, booking, plan_in

ROOT = Path(__file__).parents[2]
WHO = f"account {pwd.getpwuid(os.getuid()).pw_name} at the command line"
MOBILE = "+447700900001"
OpenPlan = Callable[[], Awaitable[PlanState]]


@pytest.fixture(autouse=True)
def _database(clinic: ModuleType, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find the test's database as they find a deployment's."""
    monkeypatch.setenv("DATABASE_URL", database_url)


@pytest.fixture
async def ada(engine: AsyncEngine) -> PlanState:
    """A plan with a visit, a text to its client, an answer and a note."""
    state = await plan_in(engine, MOBILE, pack_hash=builtin().content_hash)
    booked = booking(state, a_session())
    assert not (await record(engine, booked, None)).conflicts
    order = a_text(state, "one")
    await outbox.put(engine, order, NOW)
    assert await outbox.claim(engine, order, Words(MOBILE, "See you Tuesday 10:00.", 1), NOW, None)
    await outbox.settle(engine, order, Fate(MessageStatus.sent, provider_sid="SM1"), NOW, None)
    answer = inbound.ArrivedText("SM2", MOBILE, "+447700900999", "1 thanks 🌻", 0, {}, NOW)
    stored = await inbound.store(engine, answer)
    await inbound.routed(engine, stored.id, state.plan_id, NOW)
    await write_note(engine, state.plan_id, THERAPIST.id, "session", "Stiff on the left.", at=NOW)
    return booked.state


async def _limber(*words: str) -> int:
    return await asyncio.to_thread(run, words)


async def _exported(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    capfd.readouterr()
    code = await _limber("export", *words)
    told = capfd.readouterr()
    assert code == 0, told.err
    return told.out, told.err


async def test_a_clients_whole_record_is_one_document(
    ada: PlanState, engine: AsyncEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    out, told = await _exported(capfd, "plan", ada.plan_id)
    whole = json.loads(out)
    assert whole["client"]["given_name"] == "Ada"
    assert whole["client"]["date_of_birth"] == "1985-12-10"
    assert len(whole["client"]["consents"]) == len((await client(engine, ada.client_id)).consents)
    assert [one["form"] for one in whole["forms"]] == [{"INT-01": "reach my shoelaces"}]
    assert whole["screening"]["overall"] == "clear"
    assert whole["protocol"]["pain_baseline"] == 5
    assert [(one["no"], one["starts_at"]) for one in whole["sessions"]] == [(1, "2026-11-10T10:00:00+00:00")]
    assert {(one["direction"], one["body"], one["status"]) for one in whole["messages"]} == {
        ("out", "See you Tuesday 10:00.", "sent"),
        ("in", "1 thanks 🌻", "routed"),
    }
    assert [(one["author"], one["body"]) for one in whole["notes"]] == [("Priya Nair", "Stiff on the left.")]
    assert whole["people"][THERAPIST.id] == "Priya Nair"
    assert (whole["approvals"], whole["alerts"]) == ([], [])
    assert whole["chain"] == {"length": len(whole["events"]), "whole": True, "broken_at": None}
    assert "personal data" in told
    assert out.startswith("{") and out.endswith("}\n")


async def test_who_exported_a_record_stands_in_the_plans_audit_and_in_the_document_itself(
    ada: PlanState, engine: AsyncEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = json.loads((await _exported(capfd, "plan", ada.plan_id))[0])
    last = whole["events"][-1]
    assert (last["kind"], last["actor"]) == ("record.exported", WHO)
    [newest] = await events_of_plan(engine, ada.plan_id, limit=1)
    assert (newest.event.kind, newest.event.actor) == (EventKind.record_exported, WHO)
    assert (await verify_chain(engine, ada.plan_id)).whole


async def test_a_record_that_somebody_rewrote_says_so(
    ada: PlanState, engine: AsyncEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("UPDATE events SET actor = 'nobody' WHERE position = 2"))
    out, told = await _exported(capfd, "plan", ada.plan_id)
    assert json.loads(out)["chain"]["broken_at"] == 2
    assert "BROKEN at position 2" in told


async def test_another_plan_of_the_same_person_is_named(
    ada: PlanState, engine: AsyncEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    again = await plan_in(engine, None, pack_hash=builtin().content_hash)
    out, told = await _exported(capfd, "plan", ada.plan_id)
    assert json.loads(out)["other_plans_of_this_person"] == [again.plan_id]
    assert f"this person has another plan: {again.plan_id}" in told


async def test_a_file_is_its_owners_alone_and_nothing_is_overwritten(
    ada: PlanState, tmp_path: Path, engine: AsyncEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "ada.json"
    printed, _ = await _exported(capfd, "plan", ada.plan_id, "--out", str(out))
    assert printed == ""
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    kept = out.read_bytes()
    assert json.loads(kept)["plan"]["id"] == ada.plan_id
    length = (await verify_chain(engine, ada.plan_id)).length
    for words in (("plan", ada.plan_id), ("events",)):
        assert await _limber("export", *words, "--out", str(out)) == 1
        assert "is there already, and nothing is overwritten" in capfd.readouterr().err
    assert out.read_bytes() == kept
    assert (await verify_chain(engine, ada.plan_id)).length == length, "what did not leave is not noted"
    assert await changes(engine) == ()


async def test_an_unknown_plan_is_said_and_leaves_no_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nobody.json"
    assert await _limber("export", "plan", "nobody", "--out", str(out)) == 1
    assert "take the id from the address of the plan's page" in capfd.readouterr().err
    assert not out.exists()
    assert await _limber("export", "plan", "nobody", "--out", str(tmp_path / "no" / "such.json")) == 1
    assert "cannot be written: No such file or directory" in capfd.readouterr().err


def _hash_of(line: dict[str, Any]) -> str:
    event = PlanEvent.read({name: line[name] for name in PlanEvent.names()})
    before = bytes.fromhex(line["previous_hash"])
    return link(line["plan_id"], line["plan_seq"], line["position"], event, before).hex()


async def test_every_event_leaves_in_order_and_each_hash_can_be_checked(
    ada: PlanState, engine: AsyncEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    other = await plan_in(engine, None)
    assert not (await record(engine, a_step(ada), None)).conflicts
    out, told = await _exported(capfd, "events")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [one["id"] for one in lines] == sorted(one["id"] for one in lines)
    assert {one["plan_id"] for one in lines} == {ada.plan_id, other.plan_id}
    assert all(_hash_of(one) == one["hash"] for one in lines)
    ends = {one["plan_id"]: 64 * "0" for one in lines}
    for one in lines:
        assert one["previous_hash"] == ends[one["plan_id"]]
        ends[one["plan_id"]] = one["hash"]
    assert "Ada" not in out and MOBILE not in out
    assert f"{len(lines)} events are written" in told
    assert hashlib.sha256(out.encode()).hexdigest() in told


async def test_an_archive_goes_on_from_a_day_and_the_changes_of_accounts_note_it(
    ada: PlanState, engine: AsyncEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    later = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
    out, _ = await _exported(capfd, "events", "--since", later)
    assert out == ""
    earlier = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
    out, _ = await _exported(capfd, "events", "--since", earlier)
    assert len(out.splitlines()) == (await verify_chain(engine, ada.plan_id)).length
    noted = [(one.kind, one.changed_by, one.staff_id, one.facts) for one in await changes(engine)]
    assert noted == [
        (StaffChange.events_exported, WHO, None, {"since": earlier}),
        (StaffChange.events_exported, WHO, None, {"since": later}),
    ]
    assert await _limber("export", "events", "--since", "yesterday") == 2


async def test_the_commands_of_the_operations_page_work(
    ada: PlanState, capfd: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    commands = re.findall(r"^docker compose run --rm --no-deps -T api (export [^>#\n]+)", page, re.MULTILINE)
    assert [shlex.split(one)[1] for one in commands] == ["plan", "events", "events"]
    for command in commands:
        words = shlex.split(command.replace("PLAN_ID", ada.plan_id))
        out, _ = await _exported(capfd, *words[1:])
        assert words[1] == "events" or json.loads(out)
