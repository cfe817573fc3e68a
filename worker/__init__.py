"""Temporal client, data converter, codec, task queues and worker processes.

May import everything below it."""
