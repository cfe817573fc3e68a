"""The metadata every table hangs on, and the column types the tables share."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, CheckConstraint, DateTime, Dialect, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE
from sqlalchemy.types import TypeDecorator

from schemas.base import adapter

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = Text
Number = BigInteger
Moment: Final = DateTime(timezone=True)
Span = TSTZRANGE

E = TypeVar("E", bound=StrEnum)


class Word(TypeDecorator[E]):
    """One word of an enum, kept as text: a new word needs no change of the column's type."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: E | str | None, _dialect: Dialect) -> str | None:
        """Refuses a word that the enum does not know, before the database sees it."""
        return None if value is None else str(self.words(value))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> E | None:
        """The enum's member."""
        return None if value is None else self.words(value)


class Shape(TypeDecorator[Any]):
    """A jsonb column that holds one Pydantic shape, such as `PlanState` or `tuple[TextOrder, ...]`."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape
        self._adapter: TypeAdapter[Any] = adapter(shape)

    def process_bind_param(self, value: Any, _dialect: Dialect) -> Any:
        """Plain JSON values, ready for the driver."""
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        """The shape, validated: a row that an older version wrote is checked when it is read."""
        return None if value is None else self._adapter.validate_python(value)


def one_of(column: str, words: Iterable[str], name: str) -> CheckConstraint:
    """A check that the column holds one of these words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(word)) for word in words)})", name=name)
