"""Everything a worker is made of, built in one place from its settings; no part reaches for another itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities.falling_back import EmailFallback
from activities.packs import PackShelf
from activities.reading import ReplyReading
from activities.reconciling import Patience, Search
from activities.recording import Recording
from activities.sending import Sending
from activities.sending_again import SendingAgain
from activities.telling_staff import StaffMail
from activities.wording import Wording
from database.engine import create_engine
from messaging.channel import Channel, Sender
from messaging.staff_words import staff_words
from messaging.templates import all_books
from schemas.settings import Settings, SettingsError
from worker.activity_watch import ActivityWatch
from worker.client import connect
from worker.clinic_clock import ClinicClock
from worker.metrics import Metrics
from worker.plan_client import PlanClient
from worker.telemetry import Telemetry, start_telemetry
from worker.tuning import Tuning

STATUS_PATH = "/webhooks/twilio/status"


@dataclass(frozen=True)
class WorkerParts:
    """What `worker.process` runs. `telemetry` None: the process's runtime belongs to somebody else."""

    settings: Settings
    tuning: Tuning
    engine: AsyncEngine
    client: Client
    plans: PlanClient
    recording: Recording
    reading: ReplyReading
    sending: Sending
    sending_again: SendingAgain
    channel: Channel
    search: Search
    email: EmailFallback | None
    staff_mail: StaffMail | None
    metrics: Metrics
    clock: ClinicClock
    telemetry: Telemetry | None = None


async def bootstrap(
    settings: Settings,
    tuning: Tuning | None = None,
    *,
    engine: AsyncEngine | None = None,
    channel: Channel | None = None,
    client: Client | None = None,
    patience: Patience | None = None,
) -> WorkerParts:
    """Build a worker; what is passed in is used instead of what the settings would give.

    Raises SettingsError naming the variable that is missing, RuntimeError if Temporal cannot be reached.
    """
    metrics = Metrics()
    clock = ClinicClock(settings.demo_clock)
    telemetry = None
    if client is None:
        telemetry = start_telemetry(with_metrics=settings.metrics_port is not None)
        watch = ActivityWatch(metrics)
        client = await connect(settings, interceptors=[watch], runtime=telemetry.runtime)
    engine = engine or create_engine(database_url(settings), application_name="limber worker")
    channel = channel or sms_channel(settings)
    search = Search(engine, channel, patience or Patience())
    packs = PackShelf(engine)
    wording = Wording(packs, all_books(), outside(settings))
    mail = mail_channel(settings)

    def undo_for() -> timedelta:
        """While a demo's time is being moved nobody sits at a screen to take a text back."""
        return timedelta() if clock.moving else timedelta(seconds=settings.undo_seconds)

    return WorkerParts(
        settings=settings,
        tuning=tuning or Tuning.of(settings),
        engine=engine,
        client=client,
        plans=PlanClient(client),
        recording=Recording(engine),
        reading=ReplyReading(engine, packs, settings.stop_words_removed),
        sending=Sending(
            engine,
            channel,
            wording,
            search,
            metrics,
            undo_for=undo_for,
        ),
        sending_again=SendingAgain(engine, channel, wording, undo_for),
        channel=channel,
        search=search,
        email=EmailFallback(engine, mail, wording) if mail else None,
        staff_mail=StaffMail(engine, mail, staff_words(), outside(settings)) if mail else None,
        metrics=metrics,
        clock=clock,
        telemetry=telemetry,
    )


def sms_channel(settings: Settings) -> Channel:
    """Texts through Twilio, or through the gateway that LIMBER_TWILIO_API_URL names."""
    from messaging.twilio_channel import (
        TwilioAccount,
        TwilioChannel,
    )  # the SDK is large, and only sends need it

    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        raise SettingsError(
            "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN: not set, so no text can be sent; set both, "
            "or use `limber up`, which runs its own gateway"
        )
    service = settings.twilio_messaging_service_sid
    account = TwilioAccount(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        from_=None if service else settings.twilio_from,
        messaging_service_sid=service,
    )
    return TwilioChannel(account, outside(settings) + STATUS_PATH, base_url=settings.twilio_api_url)


def mail_channel(settings: Settings) -> Sender | None:
    """E-mail, to clients in place of texts and to staff; None where no mail server is named. Raises SettingsError."""
    from messaging.email_channel import EmailChannel, MailServer, MailServerMisnamed

    if settings.smtp_url is None:
        return None
    try:
        server = MailServer.from_url(settings.smtp_url.get_secret_value())
    except MailServerMisnamed as misnamed:
        raise SettingsError(f"LIMBER_SMTP_URL: {misnamed}") from None
    return EmailChannel(server, settings.email_from)


def outside(settings: Settings) -> str:
    """Where the outside reaches API and console, without a slash at its end."""
    return (settings.public_url or f"http://127.0.0.1:{settings.api_port}").rstrip("/")


def database_url(settings: Settings) -> str:
    if not settings.database_url:
        raise SettingsError(
            "DATABASE_URL: not set, so there is nowhere to record; set it, "
            "or use `limber up`, which runs its own PostgreSQL"
        )
    return settings.database_url
