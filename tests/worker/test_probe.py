"""What a worker tells from outside: healthy or why not, and one page of numbers."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from schemas.messages import MessageStatus, TextPurpose
from worker.metrics import Metrics
from worker.probe import Probe


@pytest.fixture
def probe() -> Iterator[Callable[..., str]]:
    """Start a probe and get its address."""
    started: list[Probe] = []

    def start(metrics: Metrics, why_not: str | None = None, sdk: str | None = None) -> str:
        one = Probe(0, metrics.registry, lambda: why_not, sdk)
        one.start()
        started.append(one)
        return f"http://127.0.0.1:{one.port}"

    yield start
    for one in started:
        one.stop()


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())


def test_a_worker_that_polls_is_healthy(probe: Callable[..., str]) -> None:
    assert _get(probe(Metrics()) + "/healthz") == "ready\n"


def test_a_worker_that_does_not_poll_yet_says_what_is_missing(probe: Callable[..., str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        _get(probe(Metrics(), "nobody polls for texts yet") + "/healthz")
    assert refused.value.code == 503
    assert "nobody polls for texts yet" in refused.value.read().decode()


def test_texts_are_counted_by_purpose_and_by_what_became_of_them(probe: Callable[..., str]) -> None:
    metrics = Metrics()
    metrics.text_settled(TextPurpose.reminder, MessageStatus.sent)
    metrics.text_handed_over(timedelta(seconds=3))
    page = _get(probe(metrics) + "/metrics")
    assert 'limber_texts_total{purpose="reminder",status="sent"} 1.0' in page
    assert "limber_text_lateness_seconds_sum 3.0" in page


def test_temporals_numbers_join_ours_on_one_page(probe: Callable[..., str]) -> None:
    sdk = Metrics()
    sdk.chore_ended("stands in for the SDK", "done")
    other = probe(sdk)
    page = _get(probe(Metrics(), None, other + "/metrics") + "/metrics")
    assert "stands in for the SDK" in page and "limber_texts_total" in page


def test_our_numbers_stay_readable_when_temporals_are_not(probe: Callable[..., str]) -> None:
    page = _get(probe(Metrics(), None, "http://127.0.0.1:9/metrics") + "/metrics")
    assert "limber_texts_total" in page
