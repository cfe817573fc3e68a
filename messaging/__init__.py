"""Channels, templates, segments and the send protocol's words.

May import schemas only."""
