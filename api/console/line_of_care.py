"""The line of care: one axis of time with everything that happened and everything that is planned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from api.console import words
from api.console.charts import Curve, PrimaryPanel, Scale, Stair, curve, ladder_line, primary_panel, stairs
from api.console.life import Life, Stay
from api.console.moments import SiteClock
from api.console.planned_words import Ahead
from api.console.time_axis import Tick, TimeAxis
from care.goal_scores import counts_now
from care.preview import PlannedKind
from database.alerts import AlertView
from database.approvals import ApprovalView
from schemas.plan import AHEAD, PlanState

WIDTH: Final = 1120
_LEFT, _RIGHT = 96.0, 1108.0
_SESSIONS_Y, _APPROVALS_Y, _TEXTS_Y, _ALERTS_Y = 44.0, 76.0, 108.0, 140.0
_PAIN: Final = (176.0, 246.0)
_PRIMARY: Final = (270.0, 340.0)
_LADDER: Final = (366.0, 424.0)
HEIGHT: Final = 440
_AHEAD_WEEKS: Final = timedelta(weeks=6)
_EDGE: Final = timedelta(days=3)


@dataclass(frozen=True)
class Mark:
    """One thing on a lane. `href` leads to its story in the lists below; `title` says it in a sentence."""

    x: float
    y: float
    kind: str
    future: bool
    href: str
    title: str


@dataclass(frozen=True)
class Band:
    """A time in which the plan stood still."""

    x: float
    width: float
    title: str


@dataclass(frozen=True)
class LineOfCare:
    """Everything the drawing shows, with its places worked out."""

    width: int
    height: int
    left: float
    right: float
    ticks: tuple[Tick, ...]
    now_x: float
    lanes: tuple[tuple[str, float], ...]
    marks: tuple[Mark, ...]
    bands: tuple[Band, ...]
    pain: Curve
    stiffness: Curve
    flares: tuple[Mark, ...]
    pain_span: tuple[float, float]
    primary_span: tuple[float, float]
    primary: PrimaryPanel
    stairs: tuple[Stair, ...]
    stair_line: str
    ladder_span: tuple[float, float]


def line_of_care(
    state: PlanState,
    story: Life,
    clock: SiteClock,
    *,
    approvals: Iterable[ApprovalView],
    alerts: Iterable[AlertView],
    texts: Iterable[dict[str, Any]],
    planned: Sequence[Ahead],
) -> LineOfCare:
    """The drawing of a plan at the clock's moment: six weeks ahead, or up to where its care ended."""
    end = clock.now + _AHEAD_WEEKS if not state.closed else (state.closed_at or clock.now)
    axis = TimeAxis(state.opened_at - _EDGE, end + _EDGE, _LEFT, _RIGHT, clock.zone)
    visits = sorted(story.visits.values(), key=lambda visit: visit.at)
    past_visits = [visit for visit in visits if visit.status not in AHEAD]
    marks = [
        *_sessions(story, planned, axis, clock),
        *(_approval(one, axis, clock) for one in approvals),
        *(_text(one, axis, clock) for one in texts),
        *_texts_ahead(planned, axis, clock),
        *(_alert(one, axis, clock) for one in alerts),
    ]
    ladder = [(rung.step, rung.label.split(",")[0]) for rung in state.protocol.taper.ladder]
    steps = stairs(_stays(state, story), ladder, axis, *_LADDER)
    scale = Scale(0, 10, *_PAIN)
    return LineOfCare(
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        right=_RIGHT,
        ticks=axis.ticks(),
        now_x=axis.x(clock.now),
        lanes=(
            ("Sessions", _SESSIONS_Y),
            ("Decisions", _APPROVALS_Y),
            ("Texts", _TEXTS_Y),
            ("Alerts", _ALERTS_Y),
        ),
        marks=tuple(sorted(marks, key=lambda mark: mark.x)),
        bands=tuple(_bands(story, axis, clock)),
        pain=curve(past_visits, "pain", axis, scale),
        stiffness=curve(past_visits, "stiffness", axis, scale),
        flares=tuple(
            Mark(
                axis.x(at),
                _PAIN[0] + 6,
                "flare",
                False,
                "#scores",
                f"Flare: {days} days, told {clock.at(at)}",
            )
            for at, days in story.flares
        ),
        pain_span=_PAIN,
        primary_span=_PRIMARY,
        primary=primary_panel(past_visits, state.protocol.primary, counts_now(state), axis, _PRIMARY),
        stairs=steps,
        stair_line=ladder_line(steps),
        ladder_span=_LADDER,
    )


def _stays(state: PlanState, story: Life) -> list[Stay]:
    """The steps as they were lived; the last one ends where care did."""
    if not story.stays or not state.closed:
        return story.stays
    return [*story.stays[:-1], replace(story.stays[-1], until=state.closed_at)]


def _sessions(story: Life, planned: Sequence[Ahead], axis: TimeAxis, clock: SiteClock) -> Iterable[Mark]:
    for visit in story.visits.values():
        future = visit.status in AHEAD
        yield Mark(
            axis.x(visit.at),
            _SESSIONS_Y,
            f"session-{visit.status}",
            future,
            f"#session-{visit.no}",
            f"Session {visit.no}, {clock.at(visit.at)}: {words.SESSIONS[visit.status]}",
        )
    for line in planned:
        booked = any(abs(line.at - visit.at) < timedelta(hours=1) for visit in story.visits.values())
        if line.kind is PlannedKind.session and not booked:
            yield Mark(
                axis.x(line.at),
                _SESSIONS_Y,
                "session-planned",
                True,
                "#ahead",
                f"Planned: {line.what}, {clock.at(line.at)}",
            )


def _approval(approval: ApprovalView, axis: TimeAxis, clock: SiteClock) -> Mark:
    waits = approval.decided_at is None
    at = approval.due_at if waits else (approval.decided_at or approval.opened_at)
    told = f"due {clock.at(at)}" if waits else f"{words.ENDS[approval.status]} {clock.at(at)}"
    return Mark(
        axis.x(at),
        _APPROVALS_Y,
        "approval",
        waits,
        f"/approvals/{approval.id}",
        f"{words.APPROVALS[approval.kind]}: {told}",
    )


def _text(text: dict[str, Any], axis: TimeAxis, clock: SiteClock) -> Mark:
    ours = text["direction"] == "out"
    what = f"We texted ({words.DELIVERIES[text['status']]})" if ours else "The client texted"
    kind = "text-out" if ours and text.get("sent_at") else ("text-kept" if ours else "text-in")
    return Mark(
        axis.x(text["at"]), _TEXTS_Y, kind, False, f"#{text['anchor']}", f"{what}, {clock.at(text['at'])}"
    )


def _texts_ahead(planned: Sequence[Ahead], axis: TimeAxis, clock: SiteClock) -> Iterable[Mark]:
    for line in planned:
        if line.kind is PlannedKind.text:
            yield Mark(
                axis.x(line.at), _TEXTS_Y, "text-out", True, "#ahead", f"{line.what}, {clock.at(line.at)}"
            )


def _alert(alert: AlertView, axis: TimeAxis, clock: SiteClock) -> Mark:
    return Mark(
        axis.x(alert.opened_at),
        _ALERTS_Y,
        f"alert-{alert.urgency.lower()}",
        alert.closed_at is None,
        f"/alerts/{alert.id}",
        f"{alert.urgency} {words.plain(alert.reason)}, {clock.at(alert.opened_at)}",
    )


def _bands(story: Life, axis: TimeAxis, clock: SiteClock) -> Iterable[Band]:
    for still in story.still:
        left, right = axis.x(still.since), axis.x(still.until or clock.now)
        until = f" until {clock.at(still.until)}" if still.until else ""
        yield Band(
            left,
            max(2.0, round(right - left, 1)),
            f"{words.STAGES[still.stage]} from {clock.at(still.since)}{until}",
        )
