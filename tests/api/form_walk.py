"""A client at their form without JavaScript: pages are read, forms are posted, redirects are followed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from httpx2 import AsyncClient, Response

BORN = {"born-day": "17", "born-month": "4", "born-year": "1988"}
Fields = dict[str, Any]

ANSWERS: dict[str, Fields] = {
    "INT-10": {"mobile": "07700 900321", "others_read": "no"},
    "REACH": {"texts": "yes", "preference": "text"},
    "INT-01": {"lines-0": "Lift my daughter", "lines-1": "Sit through a meeting"},
    "INT-02": {"now-0": "3", "now-1": "4"},
    "INT-03": {"regions": ["lumbar", "hip"]},
    "INT-04": {"value": "6_to_12_weeks"},
    "SCR-16": {"value": "3", "worst_24h": "5", "sharp": "no"},
    "SCR-25": {"value": ["can_say_stop"]},
    "INT-05": {"text": "Desk work."},
    "INT-06": {"lines": "ibuprofen now and then\nvitamin D"},
    "INT-07": {},
    "INT-08": {"practice": "Mill Lane Surgery", "may_write": "yes"},
    "INT-09": {"name": "Piotr", "telephone": "07700 900322"},
}
"""Nothing stands against this client. What is not listed is answered with `no` or `none`."""


@dataclass
class Walk:
    """One browser at one link; `seen` are the questions in the order in which they came."""

    browser: AsyncClient
    link: str
    seen: list[str] = field(default_factory=list)

    async def get(self, path: str) -> Response:
        """A page, after every redirect."""
        return await self.browser.get(path, follow_redirects=True)

    async def post(self, path: str, fields: Fields) -> Response:
        """Post a form and follow where it leads."""
        return await self.browser.post(path, data=fields, follow_redirects=True)

    async def enter(self) -> Response:
        """Open the link and give the date of birth."""
        assert "date of birth" in (await self.get(self.link)).text
        return await self.post(self.link, BORN)

    async def to(self, last: str, page: Response, **changed: Fields) -> Response:
        """Answer every question up to the one called `last`, which is left as it is; `check` is the summary."""
        while (here := place(page)) not in (last, "check"):
            self.seen.append(here)
            page = await self.post(f"{self.link}/{here}", changed.get(here) or usual(page, here))
            assert page.status_code == 200, (here, words(page))
        return page

    async def send(self) -> Response:
        """Confirm that the answers are true."""
        return await self.post(f"{self.link}/check", {"true": "yes"})


def usual(page: Response, name: str) -> Fields:
    """The answer of somebody whom nothing ails."""
    if name in ANSWERS:
        return ANSWERS[name]
    return {"value": ["none"] if 'type="checkbox" name="value"' in page.text else "no"}


def place(page: Response) -> str:
    """The last part of the address: a question, `check` or `end`."""
    return page.url.path.rpartition("/")[2]


def words(page: Response) -> str:
    """What a page says."""
    main = re.sub(r"(?s)<style.*?</style>|<[^>]+>", " ", page.text.partition("<main")[2])
    return unescape(re.sub(r"\s+", " ", main))
