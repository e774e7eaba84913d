"""New actions, as they are typed into the decisions workbook: a line each, read or refused with a sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from jobs.agreed import new_action_words
from ledger.records import Decision
from programme.cycle import Cycle
from programme.plan import Plan
from programme.service import Programme
from programme.standing_facts import merged_into
from report.prose import plain_date

_PARTS = "Write plan; ref; what; due date as 2021-06-30; lead."


@dataclass(frozen=True, slots=True)
class NewActions:
    """Reads the new actions of one meeting. ``in_use`` is every (plan, ref) that a new one cannot have.

    ``cell`` is where they are typed; it may be empty.
    """

    programme: Programme
    cycle: Cycle
    by: str
    now: datetime
    in_use: frozenset[tuple[str, str]]
    cell: str

    def read(self, text: str) -> tuple[list[Decision], list[str]]:
        """The actions that can be taken in, and a sentence for each that cannot."""
        made: list[Decision] = []
        problems: list[str] = []
        for line in filter(None, (line.strip() for line in text.splitlines())):
            decision = self._read([part.strip() for part in line.split(";")])
            trouble = self._trouble(decision, made) if decision else f"could not be read. {_PARTS}"
            if decision is None or trouble:
                place = f" in {self.cell}" if self.cell else ""
                problems.append(f"The new action “{line}”{place} {trouble}")
            else:
                made.append(decision)
        return made, problems

    def _trouble(self, decision: Decision, made: Sequence[Decision]) -> str:
        if (decision.plan, decision.ref) in (*self.in_use, *((item.plan, item.ref) for item in made)):
            taken = f"could not be read as new: its plan has an action {decision.ref} already."
            return f"{taken} Give it a ref of its own."
        if decision.revised_due is not None and decision.revised_due < self.cycle.spg:
            return f"is due {in_the_past(decision.revised_due, self.cycle)}: put another date."
        return next(self._ended(self.programme.plan(decision.plan)), "")

    def _ended(self, plan: Plan) -> Iterator[str]:
        """Why nothing new can be issued in a plan: it has ended by the next issue."""
        facts, on = self.programme.facts, self._next_issue()
        for one in facts.withdrawn:
            if one.plan == plan.id and one.since <= on:
                gone = f"{plan.label} is withdrawn from {plain_date(one.since)}"
                yield f"was not taken in: {gone}. Put it in a plan that is reported."
        into = self.programme.plan(merged_into(facts, plan.id, on))
        if into.id != plan.id:
            yield f"was not taken in: {plan.label} was merged into {into.label}. Put it there."

    def _next_issue(self) -> date:
        today = self.programme.local(self.now).date()
        return min((cycle.issue for cycle in self.programme.cycles if cycle.issue > today), default=today)

    def _read(self, parts: Sequence[str]) -> Decision | None:
        labels = {plan.label.casefold(): plan for plan in self.programme.plans}
        plan = labels.get(parts[0].casefold()) if len(parts) == 5 else None
        if plan is None or not parts[1] or not parts[2]:
            return None
        try:
            due = date.fromisoformat(parts[3]) if parts[3] else None
        except ValueError:
            return None
        return Decision(
            at=self.now,
            programme=self.programme.id,
            cycle=self.cycle.id,
            plan=plan.id,
            ref=parts[1],
            kind="new",
            by=self.by,
            revised_due=due,
            deliverable=parts[2],
            words=new_action_words(parts[4]),
        )


def in_the_past(day: date, cycle: Cycle) -> str:
    """A date that a meeting can hardly have meant, and why."""
    return f"{plain_date(day)}, which was over when the meeting took place on {plain_date(cycle.spg)}"
