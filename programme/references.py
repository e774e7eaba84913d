"""Ids that are named twice, and ids that name nothing."""

from collections.abc import Iterable, Iterator

from programme.fault import Fault
from programme.source import Node
from programme.structure import did_you_mean


def repeated(nodes: Iterable[Node], what: str, fix: str) -> Iterator[Fault]:
    """A fault for every node whose text an earlier node has."""
    first: dict[str, Node] = {}
    for node in nodes:
        earlier = first.setdefault(node.text, node)
        if node.text and earlier is not node:
            yield node.fault(f'{what} "{node.text}" is used twice: it also stands in line {earlier.line}.', fix)


def unknown(node: Node, what: str, known: frozenset[str] | None, where: str = "") -> Iterator[Fault]:
    """A fault when the node names nothing that is known; ``known`` is None when nobody can tell."""
    if known is not None and node.text and node.text not in known:
        yield node.fault(f'there is no {what} "{node.text}"{where}.', did_you_mean(node.text, known))
