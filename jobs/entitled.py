"""Who may return what: as what a person acts for an assignment on a given day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from ledger.records import Assignment
from programme.people import Holding, Post
from programme.service import Programme


@dataclass(frozen=True, slots=True)
class Role:
    """As what somebody returns rows; ``refs`` limits a contributor to some, None allows every row."""

    name: str
    refs: Collection[str] | None = None

    def may_return(self, ref: str) -> bool:
        return self.refs is None or ref in self.refs


VOUCHED = Role("vouched")
CONTRIBUTOR = "contributor"


def declared(programme: Programme, assignment: Assignment) -> bool:
    """Whether the configuration still has what was assigned: an edit may have taken out its plan or its cycle."""
    plans, cycles = {plan.id for plan in programme.plans}, {cycle.id for cycle in programme.cycles}
    return assignment.plan in plans and assignment.cycle in cycles


def role_of(programme: Programme, assignment: Assignment, person: str, on: date) -> Role | None:
    """The strongest role in which a person may return an assignment on that day, or None."""
    post = programme.posts.get(assignment.post)
    if post is None:
        return None
    for name, holdings in (("holder", post.holders), ("delegate", post.delegates), ("assistant", post.assistants)):
        if _in_force(holdings, person, on):
            return Role(name)
    return _contributor(post, assignment, person)


def _in_force(holdings: Iterable[Holding], person: str, on: date) -> bool:
    return any(holding.person == person and holding.in_force(on) for holding in holdings)


def _contributor(post: Post, assignment: Assignment, person: str) -> Role | None:
    own = [item for item in post.contributors if item.person == person and item.plan == assignment.plan]
    if not own:
        return None
    if any(not item.refs for item in own):
        return Role(CONTRIBUTOR)
    return Role(CONTRIBUTOR, frozenset(ref for item in own for ref in item.refs))
