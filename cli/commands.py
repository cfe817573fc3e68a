"""Every `limber` command in one table: its name, where it lives, and one line about it.

A command's module is imported only when the command runs, so that a slow one costs the others nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One command. ``target`` is ``module:function``; a name of two words stands in a group.

    ``joins`` means that the command, run beside `limber up` and without an environment of its own, uses
    the database, Temporal and gateway of that running clinic.
    """

    name: str
    target: str
    summary: str
    joins: bool = False


COMMANDS = (
    Entry("up", "cli.up:up", "Run the whole clinic here: database, Temporal, gateway, worker, API, console."),
    Entry("demo", "cli.demo:demo", "Play one client's plan from intake to discharge in virtual time."),
    Entry(
        "seed",
        "cli.seed:seed",
        "Fill a clinic: a dozen clients who live a month, or N plans to measure with.",
        joins=True,
    ),
    Entry(
        "doctor",
        "cli.doctor:doctor",
        "Look at every part and say what is wrong and how to mend it.",
        joins=True,
    ),
    Entry("api", "cli.api:api", "Serve the HTTP API, the webhooks and the console."),
    Entry("worker", "cli.worker:worker", "Run the care plans."),
    Entry("gateway", "cli.gateway:gateway", "Serve the local, Twilio-compatible SMS gateway."),
    Entry("migrate", "cli.migrate:migrate", "Bring the database to the current schema.", joins=True),
    Entry(
        "staff add",
        "cli.staff:add",
        "Give somebody an account: a new clinic's first administrator.",
        joins=True,
    ),
    Entry("staff list", "cli.staff:listed", "Who works here, with their roles.", joins=True),
    Entry("staff password", "cli.staff:password", "A new first password for somebody.", joins=True),
    Entry("staff token", "cli.staff:token", "A token for a program, shown once.", joins=True),
    Entry(
        "export plan",
        "cli.export:plan",
        "One client's whole record as JSON, for the client or a hand-over.",
        joins=True,
    ),
    Entry(
        "export events", "cli.export:events", "Every event with its hash, for an audit archive.", joins=True
    ),
    Entry("rules check", "cli.rules:check", "Check a rule pack: schema, references, traceability."),
    Entry("rules test", "cli.rules:test", "Run screening, taper and reply vectors against a rule pack."),
    Entry(
        "preview", "cli.preview:preview", "Show every text and date of the plan that an intake would start."
    ),
    Entry("sms parse", "cli.sms_parse:parse", "Read a client's text as the service would."),
    Entry("sms segments", "cli.sms_segments:segments", "Count what a text would cost."),
    Entry(
        "sms texts", "cli.sms_texts:texts", "Show every text, its segments, cost and faults; try other words."
    ),
    Entry("simulate", "cli.simulate:simulate", "Let simulated clients live through their plans."),
    Entry("backtest", "cli.backtest:backtest", "Compare rule packs on the same simulated clients."),
    Entry(
        "replay", "cli.replay:replay", "Replay recorded histories against today's workflow code.", joins=True
    ),
    Entry("bench", "cli.bench:bench", "Run the benchmarks."),
)

GROUPS = {
    "export": "What leaves the database, and who took it is noted.",
    "rules": "Rule packs: check them, test them.",
    "sms": "Texts: read them, count them.",
    "staff": "The accounts of people who work here.",
}
