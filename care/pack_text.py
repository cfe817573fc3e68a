"""A pack's YAML text, with a way back from any place in the data to its line and rule id.

Refuses what YAML would swallow without a word: bare yes/no, a key given twice, aliases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

_AMBIGUOUS = frozenset({"yes", "no", "on", "off"})
_BOOLEAN, _MERGE, _WORD = (f"tag:yaml.org,2002:{kind}" for kind in ("bool", "merge", "str"))
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NO_PACK = "this is no rule pack, which maps keys to values; begin with a copy of the one that ships"
_WAYS_OUT = {"tab character": "; indent with spaces"}

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the pack."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a pack: where it stands, in which rule, what it is and the way out."""

    file: str
    line: int
    rule: str
    reason: str

    def __str__(self) -> str:
        rule = f" {self.rule}:" if self.rule else ""
        return f"{self.file}:{self.line}:{rule} {self.reason}"


class PackError(ValueError):
    """A pack that must not be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PackText:
    """A pack's text with a way from any path in the data back to line and rule id."""

    def __init__(self, text: str, name: str) -> None:
        """Parse `text`; `name` is the file named in errors. Raises PackError for what is not safe YAML."""
        self.name = name
        try:
            loader = _Loader(text)
            node = loader.get_single_node()
            if not isinstance(node, yaml.MappingNode):
                raise PackError([Problem(name, 1, "", _NO_PACK)])
            self.root = node
            problems = list(self._traps(node, {}))
            if problems:
                raise PackError(problems)
            self.raw: dict[str, Any] = loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line = mark.line + 1 if mark else 1
            raise PackError([Problem(name, line, "", _not_yaml(str(error.problem)))]) from error
        except PackError:
            raise
        except RecursionError as error:
            raise PackError([Problem(name, 1, "", "is nested too deep; write it flatter")]) from error
        except (yaml.YAMLError, ValueError) as error:
            raise PackError([Problem(name, 1, "", _not_yaml(str(error).partition("\n")[0]))]) from error

    def problem(self, path: Path, reason: str) -> Problem:
        """A problem at `path`; parts of the path that the file does not have are skipped over."""
        node: yaml.Node = self.root
        line, rule = node.start_mark.line, ""
        for part in path:
            found = _child(node, part)
            if found is None:
                continue
            node, line = found
            rule = _id_of(node) or rule
        return Problem(self.name, line + 1, rule, reason)

    def _traps(self, node: yaml.Node, seen: dict[int, int]) -> Iterator[Problem]:
        """What YAML would swallow: bare yes/no, a key given twice, aliases."""
        line = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            if node.tag == _BOOLEAN and node.value.lower() in _AMBIGUOUS:
                said = node.value
                yield Problem(
                    self.name, line, "", f"bare {said} is a boolean in YAML; write '{said}' in quotes"
                )
            return
        if id(node) in seen:
            yield Problem(self.name, line, "", "anchors and aliases are not allowed in a pack; write it out")
            return
        seen[id(node)] = line
        if isinstance(node, yaml.SequenceNode):
            for child in node.value:
                yield from self._traps(child, seen)
        elif isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, child in node.value:
                if key.tag == _MERGE or not isinstance(key, yaml.ScalarNode):
                    yield Problem(
                        self.name, line, "", "merge keys and composite keys are not allowed in a pack"
                    )
                    continue
                if key.tag != _WORD and key.value.lower() not in _AMBIGUOUS:
                    at = key.start_mark.line + 1
                    yield Problem(
                        self.name, at, _id_of(node), f"the key {key.value} is no word; put it in quotes"
                    )
                if key.value in keys:
                    at = key.start_mark.line + 1
                    yield Problem(self.name, at, _id_of(node), f"{key.value!r} is given twice; keep one")
                keys.add(key.value)
                yield from self._traps(key, seen)
                for problem in self._traps(child, seen):
                    yield (
                        problem
                        if problem.rule
                        else Problem(problem.file, problem.line, _id_of(node), problem.reason)
                    )


def _not_yaml(reason: str) -> str:
    way_out = next((way for found, way in _WAYS_OUT.items() if found in reason), "")
    return f"not valid YAML: {reason}{way_out}"


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            if key.value == part:
                return child, key.start_mark.line
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line
    return None


def _id_of(node: yaml.Node) -> str:
    found = _child(node, "id") if isinstance(node, yaml.MappingNode) else None
    return str(found[0].value) if found and isinstance(found[0], yaml.ScalarNode) else ""
