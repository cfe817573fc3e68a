"""From the answers to the body of an intake, as POST /api/v1/intakes takes it: one way into a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.form.reading import activities_of, goal_target
from care.client_form import (
    ABILITIES,
    DURATION,
    EARLIER_TREATMENT,
    EMERGENCY,
    GP,
    MEDICINES,
    MOBILE,
    NORMAL_DAY,
    PAIN,
    PLACES,
    REACH,
    Kind,
    Question,
)
from care.form_answers import VALUE
from schemas.intake import ConsentHow
from schemas.invitations import InvitationWay, InvitedClient

_HOW: Final = {InvitationWay.text: ConsentHow.online, InvitationWay.read_aloud: ConsentHow.phone}

Answers = Mapping[str, Mapping[str, Any]]


def intake_body(
    client: InvitedClient, way: InvitationWay, questions: tuple[Question, ...], answers: Answers
) -> dict[str, Any]:
    """The body for these answers; the same answers always give the same body, so that it can be sent again."""
    now = list(answers[ABILITIES]["now"])
    body = {
        "client": _client(client, answers),
        "consent": _consent(way, answers[REACH]),
        "contact": {
            "preference": answers[REACH]["preference"],
            "others_read_mobile": answers.get(MOBILE, {}).get("others_read", False),
        },
        "gp": dict(answers.get(GP, {})) or None,
        "emergency_contact": dict(answers.get(EMERGENCY, {})) or None,
        "goals": [
            {"activity": activity, "now": today}
            for activity, today in zip(activities_of(answers), now, strict=True)
        ],
        "goal_target": goal_target(now),
        "pain": answers[PAIN][VALUE],
        "target_regions": answers[PLACES]["regions"],
        "duration": answers[DURATION]["value"],
        "normal_day": answers.get(NORMAL_DAY, {}).get("text", ""),
        "medicines": answers.get(MEDICINES, {}).get("lines", []),
        "earlier_treatment": answers.get(EARLIER_TREATMENT, {}).get("text", ""),
        "profile": client.profile,
        "condition": client.condition,
        "therapist": client.therapist_id,
        "site": client.site_id,
        "screening": {
            question.name: dict(answers[question.name])
            for question in questions
            if question.kind is Kind.item and answers.get(question.name)
        },
    }
    return {name: value for name, value in body.items() if value is not None}


def _client(client: InvitedClient, answers: Answers) -> dict[str, Any]:
    details = {
        "given_name": client.given_name,
        "family_name": client.family_name,
        "date_of_birth": client.date_of_birth.isoformat(),
        "mobile": answers.get(MOBILE, {}).get("mobile"),
        "email": answers[REACH].get("email"),
    }
    return {name: value for name, value in details.items() if value is not None}


def _consent(way: InvitationWay, reach: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "texts": reach["texts"],
        "email": reach.get("email_instead", False),
        "wording": reach["wording"],
        "how": _HOW[way],
        "given_at": reach["given_at"],
    }
