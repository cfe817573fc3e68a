"""Synthetic clients that live through their plans in `care` alone: to see what a rule pack leads to.

May import care and schemas."""
