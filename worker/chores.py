"""What the worker looks after besides running plans: whatever a crash or an outage left half done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from care.pack import builtin
from database import inbound, plans, receipts
from database.outages import note_awake
from messaging.channel import ChannelUnavailable
from messaging.form_link import FormLinks
from schemas.plan import PlanState
from schemas.refusals import EngineUnavailable, PlanAskFailed, Plans
from worker.bootstrap import WorkerParts, outside
from worker.clinic_clock import ClinicClock
from worker.failed_texts import tell_failure
from worker.form_links import LinkPost, forget_answers
from worker.housekeeping import Chore
from worker.judging_again import judge_again
from worker.recovering import recover_inbound
from worker.routing import route_inbound
from worker.unsettled import ask_after_silent, settle_left_open

_log = structlog.stdlib.get_logger(__name__)


def chores(parts: WorkerParts) -> tuple[Chore, ...]:
    """The rounds of one worker; another worker may do the same at the same time without harm."""
    tuning, engine, running = parts.tuning, parts.engine, parts.plans
    not_stopping = parts.settings.stop_words_removed
    return (
        Chore("start plans", tuning.start_plans_every, lambda: start_plans(engine, running, parts.clock)),
        Chore(
            "route inbound texts",
            tuning.route_texts_every,
            lambda: route_texts(engine, running, not_stopping),
        ),
        Chore(
            "tell plans of failed texts", tuning.tell_failures_every, lambda: tell_failures(engine, running)
        ),
        Chore("note that somebody is awake", tuning.note_awake_every, lambda: awake(parts)),
        Chore("recover inbound texts", tuning.recover_texts_every, lambda: recover_texts(parts)),
        Chore("write where no text arrives", tuning.mail_every, lambda: write_instead(parts)),
        Chore(
            "judge plans by new rules",
            tuning.judge_again_every,
            lambda: judge_again(engine, running, builtin()),
        ),
        Chore(
            "send texts again",
            tuning.send_again_every,
            lambda: parts.sending_again.round(parts.clock.now()),
        ),
        Chore("tell staff what waits", tuning.tell_staff_every, lambda: tell_staff(parts)),
        Chore("settle texts left open", tuning.settle_texts_every, lambda: settle_texts(parts)),
        Chore("send links to the form", tuning.send_form_links_every, lambda: send_links(parts)),
        Chore(
            "forget unfinished forms",
            tuning.forget_answers_every,
            lambda: forget_answers(engine, datetime.now(UTC)),
        ),
    )


async def start_plans(engine: AsyncEngine, running: Plans, clock: ClinicClock) -> None:
    """Start the workflow of every recorded plan that has none: an intake counts once it is in the database.

    All at once, so that one plan that does not start holds up no other (F08).
    """
    await asyncio.gather(*(_start(engine, running, clock, state) for state in await plans.unstarted(engine)))


async def _start(engine: AsyncEngine, running: Plans, clock: ClinicClock, state: PlanState) -> None:
    try:
        await running.start(state)
    except EngineUnavailable as unavailable:
        _log.warning("plan waits to be started", plan_id=state.plan_id, code=unavailable.code)
        return
    await plans.mark_started(engine, state.plan_id, clock.now())


async def route_texts(
    engine: AsyncEngine, running: Plans, not_stopping: frozenset[str] = frozenset()
) -> None:
    """Route what the webhook could not: each sender's texts in order, no sender waiting for another (F08)."""
    by_sender: dict[str, list[str]] = {}
    for text in await inbound.unrouted(engine):
        by_sender.setdefault(text.from_number, []).append(text.id)
    await asyncio.gather(*(_route_in_order(engine, running, ids, not_stopping) for ids in by_sender.values()))


async def _route_in_order(
    engine: AsyncEngine, running: Plans, inbound_ids: Sequence[str], not_stopping: frozenset[str]
) -> None:
    for inbound_id in inbound_ids:
        try:
            await route_inbound(engine, running, inbound_id, not_stopping=not_stopping)
        except PlanAskFailed as failed:
            _log.warning("inbound text waits", inbound_id=inbound_id, code=failed.code)
            return


async def awake(parts: WorkerParts) -> None:
    """Note the time while plans can run; a gap between two notes is an outage, and gets its receipt (F02)."""
    await parts.client.service_client.check_health()
    outage = await note_awake(parts.engine, datetime.now(UTC), parts.tuning.outage_after)
    if outage is not None:
        lasted = (outage.ended_at - outage.began_at).total_seconds()
        _log.warning("the service had been away", outage=outage.id, seconds=lasted)


async def recover_texts(parts: WorkerParts) -> None:
    """Find texts that no webhook brought. If the provider cannot be asked, the next round asks for all."""
    try:
        await recover_inbound(parts.engine, parts.channel, datetime.now(UTC))
    except ChannelUnavailable as unavailable:
        _log.warning("the provider's list waits", reason=str(unavailable))


async def settle_texts(parts: WorkerParts) -> None:
    """End what no activity will: texts left open, and texts of which the provider said nothing more (F03)."""
    now = parts.clock.now()
    await settle_left_open(parts.engine, parts.search, now)
    tell = partial(tell_failure, parts.engine, parts.plans)
    await ask_after_silent(parts.engine, parts.channel, tell, now)


async def write_instead(parts: WorkerParts) -> None:
    """Mail what could not be texted, to clients who agreed to that (F10)."""
    if parts.email is not None:
        await parts.email.round(parts.clock.now())


async def tell_staff(parts: WorkerParts) -> None:
    """Mail staff what waits for them, and their morning digest."""
    if parts.staff_mail is not None:
        await parts.staff_mail.round(parts.clock.now())


async def send_links(parts: WorkerParts) -> None:
    """Text new clients the link to their form."""
    links = FormLinks(parts.settings.encryption_keys)
    post = LinkPost(parts.engine, parts.channel, links, outside(parts.settings), parts.search.patience)
    await post.round(datetime.now(UTC))


async def tell_failures(engine: AsyncEngine, running: Plans) -> None:
    """Tell plans of texts that did not arrive, where the receipt's own telling did not get through."""
    for failure in await receipts.untold_failures(engine):
        await tell_failure(engine, running, failure)
