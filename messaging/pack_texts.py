"""The rule pack's own texts as templates: check-in questions (CHK-…) and safety texts (MSG-…)."""

from __future__ import annotations

from messaging.templates import Template, TemplateError
from schemas.rules import RulePack
from schemas.rules_texting import Nation


def pack_text(name: str, pack: RulePack, nation: Nation = Nation.england) -> Template:
    """A question or message of the rule pack, as a nation's clients get it. TemplateError for a name it has not."""
    said = pack.text_of(name, nation)
    if said is None:
        raise TemplateError(
            f"neither the clinic's templates nor rule pack {pack.version} has a text named {name}; "
            "correct the name where the text is ordered, or add it"
        )
    return Template(name, pack.version, said)


def pack_texts(pack: RulePack) -> tuple[Template, ...]:
    """Every text of the rule pack, the questions first."""
    return tuple(pack_text(name, pack) for name in (*pack.questions, *pack.messages))
