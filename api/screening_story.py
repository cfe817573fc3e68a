"""What screening came to, in codes for programs and in the rule pack's words for people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from care.answered import Answered, answered
from database.forms import screening_answers
from database.sites import Site
from schemas.protocol import Protocol
from schemas.rules import RulePack
from schemas.rules_form import ScreeningItem
from schemas.screening import Disposition, Finding, Hold, HoldKind, Restriction, ScreeningResult

_MEANING = {
    Disposition.clear: "Nothing found. The physiotherapist's approval and examination come before the first visit.",
    Disposition.modify: "Treatment is possible within limits. The physiotherapist decides.",
    Disposition.needs_clearance: "Someone must look or write first. Nothing is booked until then.",
    Disposition.defer: "Not now. The questions are asked again before anything is booked.",
    Disposition.refer_urgent: "Medical advice comes first, urgently. The client was told and staff were called.",
}

_HOLD_WORDS = {
    HoldKind.clearance: "Waits for: {document}, from: {owner}.",
    HoldKind.refer_urgent: "Urgent referral. Waits for its outcome and: {document}, from: {owner}.",
    HoldKind.incomplete: "Waits for the missing answers, and for: {owner}.",
    HoldKind.start: "Before the first session: {until}. Waits for: {document}, from: {owner}.",
    HoldKind.defer: "Wait until: {until}. Then the questions are asked again.",
}


@dataclass(frozen=True)
class Found:
    """A question of the form, what the client answered, and every finding that the rules drew from it.

    `kept` says whether answers are kept at all: if not, nothing is known of what was left blank.
    """

    question: str
    answered: tuple[Answered, ...]
    findings: tuple[Finding, ...]
    kept: bool


async def found(
    engine: AsyncEngine, plan_id: str, pack: RulePack, result: ScreeningResult
) -> tuple[Found, ...]:
    """The findings by the question that they come from, with what the newest form answers there."""
    if not result.findings:
        return ()
    answers = await screening_answers(engine, plan_id)
    by_item: dict[str, list[Finding]] = {}
    for one in result.findings:
        by_item.setdefault(one.item, []).append(one)
    return tuple(
        Found(
            _asked(pack, item) or item,
            answered(pack, item, answers.get(item, {})),
            tuple(findings),
            bool(answers),
        )
        for item, findings in by_item.items()
    )


def _asked(pack: RulePack, item_id: str) -> str | None:
    item = pack.items.get(item_id)
    return item.q if item else None


def screening_story(pack: RulePack, result: ScreeningResult, site: Site) -> dict[str, Any]:
    """The result for an API answer, with the text as the client of this site gets it.

    Codes that the pack does not know are told without words.
    """
    return {
        "overall": result.overall,
        "meaning": _MEANING[result.overall],
        "urgency": result.urgency,
        "urgency_label": pack.enums.urgency[result.urgency].label if result.urgency else None,
        "message": result.message,
        "message_text": message_text(pack, result, site),
        "holds": [_hold(pack, hold) for hold in result.holds],
        "restrictions": [_restriction(pack, one) for one in result.restrictions],
        "findings": [_finding(pack, one) for one in result.findings],
        "region_holds": result.region_holds,
        "incomplete": [_unanswered(pack, path) for path in result.incomplete],
        "earliest_restart": result.earliest_restart,
        "rescreen_on": result.rescreen_on,
        "evaluated_on": result.evaluated_on,
        "pack_version": result.pack_version,
        "pack_status": pack.meta.status,
    }


def message_text(pack: RulePack, result: ScreeningResult, site: Site) -> str | None:
    """The result's advice as the client of this site gets it, if it has any."""
    message = pack.text_of(result.message or "", site.nation)
    if message is None:
        return None
    return message.replace("{clinic}", site.clinic_name).replace("{phone}", site.phone)


def hold_in_words(pack: RulePack, hold: Hold) -> str:
    """What a hold waits for, and from whom; where answers cannot be so, which."""
    waits = _HOLD_WORDS[hold.kind].format(
        document=(hold.document or "a written note").replace("_", " "),
        owner=pack.enums.roles.get(hold.owner, hold.owner.replace("_", " ")),
        until=hold.until or "a physiotherapist has looked",
    )
    return f"{hold.until} {waits}" if hold.kind is HoldKind.incomplete and hold.until else waits


def limits(pack: RulePack, protocol: Protocol) -> tuple[dict[str, Any], ...]:
    """The restrictions in force in a plan: what screening, profile and condition ask for and nobody has lifted."""
    return tuple(_restriction(pack, one) for one in protocol.restrictions)


def must_state(pack: RulePack, hold: Hold) -> tuple[str, ...]:
    """What the document that ends a hold must say; silence on any of it keeps the hold open (clearance_rules)."""
    spec = pack.enums.clearance_documents.get(hold.document or "")
    return spec.must_state if spec else ()


def _hold(pack: RulePack, hold: Hold) -> dict[str, Any]:
    return {
        **asdict(hold),
        "in_words": hold_in_words(pack, hold),
        "document_must_state": must_state(pack, hold),
    }


def _restriction(pack: RulePack, restriction: Restriction) -> dict[str, Any]:
    known = pack.restrictions.get(restriction.code)
    return {**asdict(restriction), "in_words": known.effect if known else None}


def _finding(pack: RulePack, finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "question": _asked(pack, finding.item)}


def _unanswered(pack: RulePack, path: str) -> dict[str, Any]:
    item_id, _, field = path.partition(".")
    item = pack.items.get(item_id)
    return {"field": path, "question": _question(item, field) if item else None}


def _question(item: ScreeningItem, field: str) -> str:
    return next((sub.q for sub in item.subfields if sub.f == field), item.q)
