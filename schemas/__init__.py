"""Contracts that cross a boundary: ids, plan state, commands, events, messages, the rule-pack model.

Imports nothing of ours; everything else may import this."""
