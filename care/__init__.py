"""The clinic's rules as pure functions of (state, rules, now). No I/O, no clock, no framework.

May import schemas only."""
