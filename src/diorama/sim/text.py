"""Documents as text: YAML and JSON, written for people to edit and read strictly."""

import json
import re
from typing import Any, Literal

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError

from diorama.sim.errors import InvalidValue


def to_text(document: Any, form: Literal["yaml", "json"]) -> str:
    """A document for people to edit."""
    if form == "json":
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return yaml.dump(document, Dumper=_CompactDumper, sort_keys=False, default_flow_style=None, allow_unicode=True, width=130)


def parse(data: bytes | str, form: Literal["yaml", "json"]) -> Any:
    """The document in a text. Raises InvalidValue, which says where in the text something is wrong."""
    try:
        return _parse_json(data) if form == "json" else _StrictLoader(data).get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InvalidValue(f"{where}{', '.join(filter(None, (error.context, error.problem)))}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidValue(" ".join(str(error).split())) from None
    except RecursionError:
        raise InvalidValue("nested too deeply") from None


def _parse_json(data: bytes | str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            keys = [key for key, _ in pairs]
            raise ValueError(f'the key "{next(k for k in keys if keys.count(k) > 1)}" appears twice')
        return dict(pairs)

    return json.loads(data, object_pairs_hook=unique)


class _CompactDumper(yaml.SafeDumper):
    """YAML with a distribution on one line: ``radius_m: {uniform: [0.9, 1.4]}``."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        return super().represent_mapping(tag, mapping, True if len(mapping) == 1 else flow_style)


class _StrictLoader(yaml.SafeLoader):
    """YAML without its traps: no key twice, no aliases (they can blow up a small file), and 1e-3 is a number."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "aliases are not allowed; write the value out", self.peek_event().start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise ConstructorError(None, None, f'the key "{key.value}" appears twice', key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_whole_number(self, node: Any) -> int:
        value = self.construct_yaml_int(node)
        if value.bit_length() > 128:  # Python refuses to print longer ones
            raise ConstructorError(None, None, "a number this long makes no sense", node.start_mark)
        return value


_StrictLoader.add_constructor("tag:yaml.org,2002:int", _StrictLoader.construct_whole_number)
# YAML 1.1, which PyYAML reads, wants 1.0e-3; JSON, YAML 1.2 and people do not.
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+$"), list("-+.0123456789")
)
# Nor are on and off, yes and no, truth values to them; and `on` is what says which bodies a randomizer acts on.
_TRUTH = "tag:yaml.org,2002:bool"
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in found if tag != _TRUTH] for first, found in _StrictLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(_TRUTH, re.compile(r"(true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
