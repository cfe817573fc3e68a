"""Histories without their locks: every payload in them opened, as whoever holds the keys could."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import History
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.client import Client, WorkflowHistory

_OF_THE_MACHINE = (
    "identity",
    "request_id",
    "task_id",
    "worker_version",
    "attached_request_id",
    "metering_metadata",
    "history_size_bytes",
)


def messages_in(message: Message) -> Iterator[Message]:
    """A protobuf message and every message inside it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            values = [one for one in value.values() if isinstance(one, Message)]
        else:
            values = value if field.is_repeated else [value]
        for one in values:
            yield from messages_in(one)


async def opened(history: WorkflowHistory, client: Client) -> WorkflowHistory:
    """The same history with readable payloads, and without the marks of the machine that ran it."""
    codec = client.data_converter.payload_codec
    assert codec is not None, "this clinic does not lock its payloads"
    copy = History(events=history.events)
    for message in messages_in(copy):
        if isinstance(message, Payload):
            [readable] = await codec.decode([message])
            message.CopyFrom(readable)
        elif isinstance(message, TaskQueue):  # a worker's own queue is named after its machine
            message.CopyFrom(TaskQueue(name=message.normal_name or message.name))
        for field in _OF_THE_MACHINE:
            if field in message.DESCRIPTOR.fields_by_name:
                message.ClearField(field)
    return WorkflowHistory(history.workflow_id, list(copy.events))
