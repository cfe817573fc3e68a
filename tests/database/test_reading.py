"""What screens and sweeps read: plans, what waits for a person, who works here, the clinic in numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from types import ModuleType

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database import alerts, approvals, inbound, outbox, plans, staff_notices
from database.accounts import close_account
from database.attention import AttentionKind, attention
from database.clients import client
from database.demo_clinic import DUTY, LEAD, MANAGER, SITE_ID, STAFF, THERAPIST, seed
from database.engine import one_by_one
from database.errors import KeyReusedError, NotFoundError
from database.figures import figures
from database.inbound import ArrivedText
from database.intakes import NewClient, NewConsent, NewPlan, create_plan, intake_by_key
from database.notes import notes_of_plan, write_note
from database.notices import NO_PLAN, plan_changes
from database.outbox import Fate
from database.plans import PlanFilter
from database.record import record
from database.rule_packs import StoredPack, keep_pack, pack_by_hash
from database.sites import all_sites, home_site, site
from database.staff import all_staff, credentials, escalation_chain, member, staff_names
from database.staff_notices import NewNotice
from database.tables.staff_notices import NoticeKind
from database.tokens import issue_token, revoke_token, token_holder
from schemas.alerts import Alert, AlertReason
from schemas.commands import Role
from schemas.messages import MessageStatus
from schemas.names import new_id
from schemas.plan import AgendaItem, AgendaKind, Approval, PlanState, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency
from schemas.transition import ClosedApproval
from tests.database.plan_building import NOW, RESULT, a_state, a_step, a_text

OpenPlan = Callable[..., Awaitable[PlanState]]
HOUR = timedelta(hours=1)


def an_intake(key: str = "key", body_hash: str = "hash") -> NewPlan:
    return NewPlan(
        idempotency_key=key,
        body_hash=body_hash,
        form={"INT-01": "reach my shoelaces"},
        screening=RESULT,
        state=a_state(new_id(), new_id()),
        received_at=NOW,
        client=NewClient("Ada", "Byron", date(1985, 12, 10), "+447700900001", None, texts_allowed=True),
        consents=(NewConsent("texts", True, "You may text me", "online", "client"),),
    )


async def test_the_same_intake_again_opens_no_second_plan(engine: AsyncEngine, clinic: ModuleType) -> None:
    opened = await asyncio.gather(*(create_plan(engine, an_intake()) for _ in range(5)))
    assert len({one.plan_id for one in opened}) == 1
    assert sum(not one.repeated for one in opened) == 1
    found = await intake_by_key(engine, "key", "hash")
    assert found is not None
    assert found.screening == RESULT
    assert await intake_by_key(engine, "another", "hash") is None
    assert (await client(engine, found.client_id)).consents[0].wording == "You may text me"


async def test_the_same_key_with_another_form_is_refused(engine: AsyncEngine, clinic: ModuleType) -> None:
    await create_plan(engine, an_intake())
    with pytest.raises(KeyReusedError, match="use a new key"):
        await create_plan(engine, an_intake(body_hash="other"))
    with pytest.raises(KeyReusedError):
        await intake_by_key(engine, "key", "other")


async def test_a_new_plan_waits_for_its_workflow_until_that_is_known_to_run(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    assert await plans.unstarted(engine) == (plan,)
    await plans.mark_started(engine, plan.plan_id, NOW)
    await plans.mark_started(engine, plan.plan_id, NOW + HOUR)
    assert await plans.unstarted(engine) == ()
    assert (await plans.plan(engine, plan.plan_id)).workflow_started_at == NOW


async def test_the_board_is_read_page_by_page_and_misses_no_plan(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    opened = {(await open_a_plan()).plan_id for _ in range(7)}
    seen: list[str] = []
    cursor = None
    while True:
        page = await plans.list_plans(engine, PlanFilter(), after=cursor, limit=3)
        seen += [one.id for one in page.plans]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == 7
    assert set(seen) == opened


async def test_the_board_shows_what_is_next_and_how_urgent_it_is(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan, other = await open_a_plan(), await open_a_plan(therapist_id=DUTY.id)
    item = AgendaItem(key="a", kind=AgendaKind.review_due, due=NOW + HOUR, rule="REV", owner=THERAPIST.id)
    await record(engine, a_step(waiting(plan).but(stage=Stage.active)), item)
    await record(engine, a_step(other.but(stage=Stage.declined, closed_at=NOW)), None)

    async def listed(wanted: PlanFilter) -> list[str]:
        return [one.id for one in (await plans.list_plans(engine, wanted)).plans]

    assert await listed(PlanFilter(open_only=True)) == [plan.plan_id]
    assert await listed(PlanFilter(stages=frozenset({Stage.declined}))) == [other.plan_id]
    assert await listed(PlanFilter(therapist_id=THERAPIST.id)) == [plan.plan_id]
    assert await listed(PlanFilter(client="ada BYR", site_id=SITE_ID, client_id=plan.client_id)) == [
        plan.plan_id
    ]
    assert await listed(PlanFilter(client="100%")) == []
    (shown,) = (await plans.list_plans(engine, PlanFilter(open_only=True))).plans
    assert shown.next is not None
    assert (shown.next.key, shown.next.at, shown.next.owner) == ("a", NOW + HOUR, THERAPIST.id)
    assert (shown.open_alerts, shown.urgency, shown.open_approvals) == (1, Urgency.E1, 1)
    with pytest.raises(NotFoundError, match="plan nothing does not exist"):
        await plans.plan(engine, "nothing")


def waiting(plan: PlanState) -> PlanState:
    """The plan with one open alert and one open approval."""
    alert = Alert(
        id=f"{plan.plan_id}-1",
        urgency=Urgency.E1,
        reason=AlertReason.safety_words,
        rule="KW-1",
        opened_at=NOW,
        acknowledge_by=NOW + timedelta(minutes=15),
        contact_by=NOW + HOUR,
    )
    approval = Approval(
        id=f"{plan.plan_id}-2",
        kind=ApprovalKind.start,
        opened_at=NOW,
        remind_at=NOW + 4 * HOUR,
        due_at=NOW + 8 * HOUR,
    )
    return plan.but(alerts=(alert,), approvals=(approval,))


async def test_a_decision_is_read_with_the_words_it_was_taken_with(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    first = a_step(waiting(plan))
    await record(engine, first, None)
    (open_one,) = await approvals.open_approvals(engine, owner_id=THERAPIST.id, kind=ApprovalKind.start)
    assert (open_one.client, open_one.owner) == ("Ada Byron", THERAPIST.name)
    assert await approvals.open_approvals(engine, owner_id=LEAD.id) == ()

    reason = await write_note(engine, plan.plan_id, THERAPIST.id, "reason", "Knee first", at=NOW)
    closed = ClosedApproval(
        approval_id=open_one.id, decision="reject", decided_by=THERAPIST.id, reason_id=reason
    )
    await record(engine, a_step(first.state.but(approvals=()), closed_approvals=(closed,)), None)

    assert (await approvals.approval(engine, open_one.id)).reason == "Knee first"
    assert len(await approvals.approvals_of_plan(engine, plan.plan_id)) == 1
    assert [note.author for note in await notes_of_plan(engine, plan.plan_id)] == [THERAPIST.name]
    with pytest.raises(NotFoundError):
        await approvals.approval(engine, "nothing")


async def test_an_alerts_deadline_moves_on_when_someone_takes_it_on(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    first = a_step(waiting(plan))
    await record(engine, first, None)
    (alert,) = await alerts.open_alerts(engine)
    assert alert.deadline == NOW + timedelta(minutes=15)
    taken = first.state.alerts[0].but(acknowledged_at=NOW, acknowledged_by=DUTY.id)
    await record(engine, a_step(first.state.but(alerts=(taken,))), None)
    assert (await alerts.alert(engine, alert.id)).deadline == NOW + HOUR
    assert len(await alerts.alerts_of_plan(engine, plan.plan_id)) == 1
    assert await alerts.open_alerts(engine, owner_id=LEAD.id) == ()
    with pytest.raises(NotFoundError):
        await alerts.alert(engine, "nothing")


async def test_whatever_waits_for_a_person_is_in_one_list(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    unstarted = await open_a_plan()
    alarmed, orphan, late = [await open_a_plan() for _ in range(3)]
    for plan in (alarmed, orphan, late):
        await plans.mark_started(engine, plan.plan_id, NOW)
    due = AgendaItem(key="a", kind=AgendaKind.review_due, due=NOW + HOUR, rule="REV", owner=THERAPIST.id)
    await record(engine, a_step(waiting(alarmed)), due.but(due=NOW + timedelta(days=3)))
    await record(engine, a_step(orphan), None)
    await record(engine, a_step(late), due)
    lost, failed = a_text(alarmed, "lost"), a_text(alarmed, "failed")
    for order, status in ((lost, MessageStatus.unknown), (failed, MessageStatus.failed)):
        await outbox.put(engine, order, NOW)
        await outbox.claim(engine, order, outbox.Words("+447700900001", "x", 1), NOW, None)
        asks = status is MessageStatus.failed  # the lost text's sender was killed: nobody told the plan
        await outbox.settle(engine, order, Fate(status, reason="network"), NOW, None, plan_asks=asks)
    await outbox.put(engine, a_text(alarmed, "stuck", expires_at=NOW + HOUR), NOW)
    (told_nobody,) = await alerts.open_alerts(engine)
    notice = NewNotice(
        NoticeKind.alert, "alert:1", told_nobody.id, SITE_ID, THERAPIST.id, NOW, alarmed.plan_id
    )
    await staff_notices.enter(engine, [notice], NOW, MessageStatus.failed, "bad_address")
    for sid in ("SM1", "SM2"):
        stored = await inbound.store(engine, ArrivedText(sid, "+447700900077", "+4477", sid, 0, {}, NOW))
        if sid == "SM1":
            await inbound.unmatched(engine, stored.id)

    found = await attention(engine, NOW + timedelta(hours=9))

    assert sorted(one.kind for one in found) == sorted(
        # The plan was told of the failed text by its own sender, no worker has ever reported here, nobody is invited.
        set(AttentionKind)
        - {
            AttentionKind.text_failed,
            AttentionKind.worker_asleep,
            AttentionKind.form_link_failed,
            AttentionKind.form_link_unknown,
        }
    )
    assert found[0].kind is AttentionKind.alert
    by_kind = {one.kind: one for one in found}
    assert by_kind[AttentionKind.alert].owner == THERAPIST.name
    assert by_kind[AttentionKind.approval_overdue].overdue(NOW + timedelta(hours=9))
    assert by_kind[AttentionKind.plan_unstarted].plan_id == unstarted.plan_id
    assert by_kind[AttentionKind.plan_without_next].plan_id == orphan.plan_id
    assert by_kind[AttentionKind.plan_late].plan_id == late.plan_id
    assert by_kind[AttentionKind.text_unknown].subject == lost.key
    assert by_kind[AttentionKind.inbound_unmatched].role is Role.front_desk


async def test_a_quiet_clinic_needs_nobody(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    plan = await open_a_plan()
    await plans.mark_started(engine, plan.plan_id, NOW)
    item = AgendaItem(key="a", kind=AgendaKind.review_due, due=NOW + HOUR, rule="REV", owner=THERAPIST.id)
    await record(engine, a_step(plan.but(stage=Stage.active)), item)
    assert await attention(engine, NOW) == ()
    assert (await figures(engine, NOW)).agenda_lateness_seconds == 0
    assert (await figures(engine, NOW + 2 * HOUR)).agenda_lateness_seconds == 3600


async def test_the_figures_count_every_stage_and_status(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    empty = await figures(engine, NOW)
    assert set(empty.plans.values()) | set(empty.texts.values()) == {0}
    plan = await open_a_plan()
    await record(engine, a_step(waiting(plan).but(stage=Stage.active), texts=(a_text(plan, "one"),)), None)
    counted = await figures(engine, NOW + timedelta(minutes=30))
    assert (counted.plans[Stage.active], counted.texts[MessageStatus.pending]) == (1, 1)
    assert (counted.alerts_open, counted.alerts_overdue) == (1, 1)
    assert (counted.approvals_open, counted.approvals_overdue) == (1, 0)


async def test_a_screen_hears_of_a_plan_that_changed(
    engine: AsyncEngine, open_a_plan: OpenPlan, database_url: str
) -> None:
    plan = await open_a_plan()
    changes = plan_changes(database_url)
    heard = asyncio.ensure_future(anext(changes))
    number = plan
    while not heard.done():  # the listener may not be connected yet; every step is a new notice
        step = a_step(number)
        await record(engine, step, None)
        number = step.state
    assert await heard == plan.plan_id
    await changes.aclose()


async def test_a_screen_hears_of_a_text_that_fits_no_plan(
    engine: AsyncEngine, clinic: ModuleType, database_url: str
) -> None:
    changes = plan_changes(database_url)
    heard = asyncio.ensure_future(anext(changes))
    number = 0
    while not heard.done():  # the listener may not be connected yet; every text is a new notice
        number += 1
        arrived = ArrivedText(f"SM{number}", "+447700900077", "+4477", f"Hello {number}", 0, {}, NOW)
        await inbound.unmatched(engine, (await inbound.store(engine, arrived)).id)
    assert await heard == NO_PLAN
    await changes.aclose()


async def test_the_chain_of_a_plan_ends_with_the_manager(engine: AsyncEngine, clinic: ModuleType) -> None:
    chain = await escalation_chain(engine, SITE_ID, THERAPIST.id)
    assert [link.staff_id for link in chain] == [THERAPIST.id, DUTY.id, LEAD.id, MANAGER.id]
    own = await escalation_chain(engine, SITE_ID, DUTY.id)
    assert [link.staff_id for link in own] == [DUTY.id, LEAD.id, MANAGER.id]


async def test_staff_are_found_by_role_and_by_address(engine: AsyncEngine, clinic: ModuleType) -> None:
    leads = await all_staff(engine, site_id=SITE_ID, role=Role.lead_physiotherapist)
    assert [one.id for one in leads] == [LEAD.id]
    assert leads[0].actor.decides
    assert len(await all_staff(engine)) == len(STAFF)
    assert (await member(engine, MANAGER.id)).actor.roles == (Role.clinic_manager,)
    found = await credentials(engine, f" {LEAD.email.upper()} ")
    assert found is not None
    assert found.member.id == LEAD.id
    assert await credentials(engine, "nobody@riverside.example") is None
    with pytest.raises(NotFoundError):
        await member(engine, "nothing")


async def test_a_token_speaks_for_its_holder_until_it_ends(engine: AsyncEngine, clinic: ModuleType) -> None:
    token = await issue_token(engine, LEAD.id, ("console",), now=NOW, expires_at=NOW + HOUR)
    holder = await token_holder(engine, token, NOW)
    assert holder is not None
    assert (holder.staff_id, holder.scopes) == (LEAD.id, ("console",))
    assert await token_holder(engine, token, NOW + HOUR) is None
    assert await token_holder(engine, "limber_guess", NOW) is None
    await revoke_token(engine, token, NOW)
    assert await token_holder(engine, token, NOW) is None


async def test_who_has_left_is_still_named_where_they_acted(engine: AsyncEngine, clinic: ModuleType) -> None:
    await close_account(engine, THERAPIST.id, NOW, by=LEAD.id)
    assert await staff_names(engine, (THERAPIST.id, LEAD.id, "system", None)) == {
        THERAPIST.id: THERAPIST.name,
        LEAD.id: LEAD.name,
    }


async def test_a_persons_first_site_is_theirs_and_anybodys_without_one(
    engine: AsyncEngine, clinic: ModuleType
) -> None:
    (only,) = await all_sites(engine)
    assert await home_site(engine, (only.id,)) == await home_site(engine, ()) == only


async def test_no_statement_waits_for_helpers_or_compiled_code(engine: AsyncEngine) -> None:
    async with one_by_one(engine) as connection:
        settings = [
            await connection.scalar(text(f"SHOW {name}"))
            for name in ("max_parallel_workers_per_gather", "jit")
        ]
    assert settings == ["0", "off"]


async def test_the_demo_clinic_is_set_up_once(
    engine: AsyncEngine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("demo")
    assert await seed(engine, folder, now=NOW, hash_password=lambda password: f"hash of {password}")
    logins = (folder / "demo-logins.json").read_text()
    assert not await seed(engine, folder, now=NOW, hash_password=str)
    assert (folder / "demo-logins.json").read_text() == logins
    assert (folder / "demo-logins.json").stat().st_mode & 0o077 == 0
    found = await credentials(engine, LEAD.email)
    assert found is not None
    assert (found.password_hash or "").removeprefix("hash of ") in logins
    (only,) = await all_sites(engine)
    assert await site(engine, only.id) == only
    assert len(only.rooms) == 5
    with pytest.raises(NotFoundError):
        await site(engine, "nothing")


async def test_a_rule_pack_is_kept_once_and_found_by_its_hash(engine: AsyncEngine) -> None:
    pack = StoredPack("abc", "1.0.0", "clinic", "draft", "meta: {}")
    assert await keep_pack(engine, pack, NOW)
    assert not await keep_pack(engine, pack, NOW)
    assert await pack_by_hash(engine, "abc") == pack
    with pytest.raises(NotFoundError, match="rule pack xyz"):
        await pack_by_hash(engine, "xyz")
