"""The phone page shows what a client sees and lets anyone answer as the client, with or without a script."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import httpx2
import pytest
import typer
from twilio.rest import Client  # type: ignore[import-untyped]
from typer.testing import CliRunner

from cli.gateway import gateway as gateway_command
from messaging.gateway.testing import Receiver, RunningGateway

_fresh = count(600)
CSS = Path(__file__).parents[2] / "messaging" / "gateway" / "static" / "phone.css"


@pytest.fixture
def phone() -> str:
    """A phone nobody has texted yet."""
    return f"+447700900{next(_fresh)}"


@pytest.fixture
def browser(gateway: RunningGateway) -> httpx2.Client:
    """A browser without scripts."""
    return httpx2.Client(base_url=gateway.url, headers={"Accept": "text/html"}, follow_redirects=True)


def test_a_conversation_shows_texts_their_fate_and_their_cost(
    gateway: RunningGateway, sdk: Client, browser: httpx2.Client, phone: str
) -> None:
    gateway.fault("unreachable", to=phone)
    sdk.messages.create(to=phone, from_=gateway.number, body="<b>Tue</b> 14 Apr")
    gateway.text_in(phone, "STOP 😊")
    gateway.text_in(phone, "STOP")
    page = browser.get(f"/phones/{phone}").text
    assert "&lt;b&gt;Tue&lt;/b&gt; 14 Apr" in page
    assert "1 segment, UCS-2" in page
    assert "Opted out" in page
    assert "Reply START" in page


def test_without_a_script_the_reply_box_answers_as_the_client(
    browser: httpx2.Client, clinic: Receiver, phone: str
) -> None:
    assert "running late" in browser.post(f"/phones/{phone}", data={"body": "running late"}).text
    browser.post(f"/phones/{phone}", data={"quick": "2", "body": ""})
    browser.post("/phones", data={"number": f" {phone[:6]} {phone[6:]}", "body": "hello"})
    assert [post["Body"] for post in clinic.to("/inbound", From=phone)] == ["running late", "2", "hello"]


@pytest.mark.parametrize(
    ("path", "form", "reason"),
    [
        ("/phones", {"number": "12", "body": "x"}, "E.164"),
        ("/phones/+447700900001", {"body": ""}, "Write something"),
        ("/phones/+447700900001", {"body": "x" * 20_001}, "Shorten"),
    ],
)
def test_a_mistake_gets_a_page_with_the_way_out(
    browser: httpx2.Client, path: str, form: dict[str, str], reason: str
) -> None:
    answer = browser.post(path, data=form)
    assert answer.status_code == 422
    assert reason in answer.text
    assert 'href="/"' in answer.text


def test_nothing_on_the_page_needs_more_than_its_own_origin(browser: httpx2.Client) -> None:
    answer = browser.get("/")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert not re.search(r"<script(?! src=\"/static/)|\sstyle=|\son\w+=|https?://", answer.text)
    for asset in set(re.findall(r"/static/[\w.]+", answer.text)):
        assert browser.get(asset).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_another_sites_page_cannot_text_as_a_client(
    browser: httpx2.Client, clinic: Receiver, phone: str, headers: dict[str, str]
) -> None:
    assert browser.post(f"/phones/{phone}", data={"body": "1"}, headers=headers).status_code == 403
    assert clinic.to("/inbound", From=phone) == []


def test_the_api_lists_phones_and_forgets_them_only_for_the_account(
    gateway: RunningGateway, phone: str
) -> None:
    gateway.text_in(phone, "hello")
    assert gateway.ask("GET", "/gateway/phones")["phones"][0]["number"] == phone
    assert httpx2.delete(f"{gateway.url}/gateway/messages").status_code == 401
    account = (gateway.account_sid, gateway.auth_token)
    assert httpx2.delete(f"{gateway.url}/gateway/messages", auth=account).json()["deleted"] >= 1
    assert gateway.ask("GET", "/gateway/phones") == {"phones": []}
    assert gateway.ask("GET", "/healthz") == {"status": "ok"}


@pytest.mark.parametrize("body", ["[]", "nonsense", '{"body": 5}', '{"body": "x", "media": "y"}', "{}"])
def test_a_malformed_text_is_refused_with_a_sentence(gateway: RunningGateway, body: str) -> None:
    answer = httpx2.post(f"{gateway.url}/gateway/phones/+447700900001/texts", content=body)
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")


class _Labels(HTMLParser):
    """Which fields a page has, and which of them a label names."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: set[str | None] = set()
        self.labelled: set[str | None] = set()
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("input", "textarea"):
            self.fields.add(given.get("id"))
        if tag == "label":
            self.labelled.add(given.get("for"))
        if tag in ("h1", "h2"):
            self.headings.append(tag)


def test_every_field_has_a_label_and_the_page_has_landmarks(
    gateway: RunningGateway, browser: httpx2.Client, phone: str
) -> None:
    gateway.text_in(phone, "hello")
    page = browser.get(f"/phones/{phone}").text
    labels = _Labels()
    labels.feed(page)
    assert labels.fields == labels.labelled
    assert labels.headings == [
        "h2",
        "h1",
    ]  # a phone shows the conversation alone, under its own first heading
    for mark in ('lang="en-GB"', "<main", "<nav", 'role="log"', "Skip to the conversation"):
        assert mark in page


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


PAIRS = [
    ("ink", "paper"), ("ink", "clinic"), ("ink", "desk"), ("quiet", "paper"), ("quiet", "desk"), ("accent", "paper"),
    ("on-accent", "accent"), ("bad", "bad-paper"), ("bad", "paper"), ("good", "paper"),
]  # fmt: skip


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_words_stand_out_from_their_ground(theme: int, front: str, back: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    block = re.findall(r":root \{(.*?)\}", CSS.read_text(), re.DOTALL)[theme]
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    bright, dim = sorted((_luminance(tokens[front]), _luminance(tokens[back])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_in_a_browser_the_page_follows_along(gateway: RunningGateway, phone: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed: apt-get install -y chromium")
    gateway.text_in(phone, "seen by the script")
    dumped = subprocess.run(
        [
            *(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2500"),
            *("--dump-dom", f"{gateway.url}/phones/{phone}"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert dumped.stdout.count("seen by the script") == 2  # in the list and in the conversation, once each
    assert "Content Security Policy" not in dumped.stderr


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--fault", "tired"], "There is no fault"),
        (["--account-sid", "AC1"], "together"),
    ],
)
def test_the_command_explains_wrong_options(options: list[str], reason: str) -> None:
    app = typer.Typer()
    app.command()(gateway_command)
    refused = CliRunner().invoke(app, options, env={"COLUMNS": "300"})
    assert refused.exit_code == 2
    assert reason in refused.output


def test_the_command_keeps_its_account_over_a_restart(tmp_path: Path) -> None:
    limber = [sys.executable, "-m", "cli.main"]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("TWILIO_")}
    shown = []
    for _ in range(2):
        command = [*limber, "gateway", "--port", "0", "--json", "--state", str(tmp_path / "gateway.db")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=bare) as process:
            assert process.stdout is not None
            shown.append(json.loads(process.stdout.readline()))
            for _ in range(200):
                try:
                    assert httpx2.get(shown[-1]["url"] + "/healthz").status_code == 200
                    break
                except httpx2.TransportError:
                    continue
            process.terminate()
    assert {one["auth_token"] for one in shown} == {shown[0]["auth_token"]}
