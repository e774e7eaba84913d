"""What sponsors write in their rows: short, plausible, different from cycle to cycle, and about no service user."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from programme.cycle import Cycle
from programme.form import Form
from programme.plan import Action
from scheduler.demo.chance import Thing, chance, pick
from scheduler.demo.sections import sections

# What is drawn for a row where nobody has said: mostly on track, one in four not.
DRAWN = "GGGGGGGGGGGGAAAaRDB"

WORDS = {"R": "Red", "D": "Red", "A": "Amber", "a": "Amber", "G": "Green", "B": "Blue"}

# Pasted over the dropdown, as (plan, row of the plan, letter): what was really typed.
TYPED = {("ba1", 2, "G"): "green ", ("ba1", 3, "A"): "A"}

GREEN = (
    "The steering group met twice and signed off the work plan; {n} of {m} tasks are done.",
    "Staff from {n} teams have been briefed and the new process starts next month.",
    "Engagement sessions held in East, Central and West localities, {n} people attended.",
    "Baseline agreed with the performance team; first quarterly figures are due shortly.",
    "Partners have signed the terms of reference and the group now meets monthly.",
    "Recruitment is complete and induction is under way for {n} new members of staff.",
    "The draft has been to the senior management team and goes out for consultation next.",
    "Training delivered to {n} staff, with good evaluation; two further dates are booked.",
    "The test of change began on time and the first review was positive.",
    "Funding is confirmed for the year and the first tranche has been released.",
    "Referral pathway agreed with primary care; {n} referrals taken so far.",
    "Third-sector partners are now part of the delivery group and lead two strands.",
    "Data-sharing agreement signed; the first joint report is in preparation.",
    "Communications plan agreed, leaflets printed and the web page is live.",
    "Milestones for the quarter were all met and no new risks were raised.",
    "The self-assessment is finished and its {n} improvement actions have owners.",
    "A short-life working group has mapped current provision and found {n} gaps to close.",
    "Uptake continues to rise, {n} more than at the same point last year.",
    "The lead officer is in post and the first two workstreams have started.",
    "Procurement went as planned; the contract starts at the beginning of the month.",
    "Feedback from the community reference group has been built into the next phase.",
    "The audit of {n} records is complete and shows a steady improvement.",
    "Accommodation is agreed and the move takes place over two weekends.",
    "The learning event drew {n} practitioners; the action note has been circulated.",
    "Phase one is closed and phase two was approved without changes.",
    "Regular drop-in sessions run at {n} venues and are well used.",
    "The protocol has been revised with legal services and is in use.",
    "Volunteer co-ordinators have met {n} local groups to plan the coming months.",
    "Monthly monitoring is in place and reported to the management team.",
    "The evaluation framework is agreed and {n} indicators are being collected.",
    "Two joint workshops with partners produced an agreed list of {n} actions.",
    "The pilot was extended to {n} further sites at the request of staff.",
    "Practice guidance has been issued and is part of induction.",
    "Waiting times for the first contact are within the standard.",
    "Memorandum of understanding signed by all partners; reporting starts next quarter.",
    "Peer review by a neighbouring partnership was positive, with {n} points to follow up.",
)
# Progress, then the reason and the recovery that belong to it.
AMBER = (
    (
        "Started, but {n} weeks behind the plan agreed in the spring.",
        "Absence in a small team. Cover is agreed from next month and the tasks have been re-ordered.",
    ),
    (
        "The draft is written; sign-off has slipped to the next round of meetings.",
        "The consultation ran longer than planned. Responses are being analysed and a short paper follows.",
    ),
    (
        "Two of the {m} milestones for the quarter have not been met.",
        "Both wait for one decision on accommodation, which is on the agenda of the next property group.",
    ),
    (
        "Demand is higher than was planned for and the first review is overdue.",
        "Capacity was planned on last year's figures. Two sessions a week are being added.",
    ),
    (
        "Good engagement, but only {n} of {m} services have returned their data.",
        "Old and new systems ran side by side over the summer. Weekly calls until the data flows.",
    ),
    (
        "The post was advertised twice without an appointment.",
        "Few applicants for a fixed term. The grade has been reviewed and an interim lead is covering.",
    ),
    (
        "Work has begun in one locality only; the other two follow later than planned.",
        "The local co-ordinators started late. Both are in post now and the second locality starts next.",
    ),
    (
        "Training reached {n} of {m} teams; the remaining dates had to be moved.",
        "The trainer was not available. A second trainer has been booked for the remaining teams.",
    ),
    (
        "The specification is agreed, but the tender goes out later than planned.",
        "Legal advice was needed on one clause. It has been received and the tender is being finalised.",
    ),
    (
        "Uptake is flat; {n} fewer than expected at this point.",
        "Appointments were offered at few times. Evening sessions and text reminders are being tried.",
    ),
    (
        "The joint protocol is in its third draft and is not yet agreed by all partners.",
        "One partner has asked for changes. A meeting of the lead officers is arranged to settle them.",
    ),
    (
        "Funding is confirmed for {n} months only, so part of the work is paused.",
        "Awaiting a decision on recurring funding. Non-recurring money covers the first stage until then.",
    ),
    (
        "The first report was late and covers {n} of {m} measures.",
        "Definitions differed between services. They are now agreed and the missing measures are being added.",
    ),
)
RED = (
    (
        "No further work was possible this period: the group has not met since June.",
        (
            "The chair and the lead officer both left. New ones are named, dates are set for the rest of the year and "
            "the work plan is being cut to its essential steps."
        ),
    ),
    (
        "The preferred option is not affordable and cannot start as planned.",
        (
            "The gap was found at the final stage of costing. Options go to the senior management team this month, "
            "with a reduced first phase that can start at once."
        ),
    ),
    (
        "The supplier has withdrawn and the work has stopped.",
        (
            "The supplier gave notice. A framework contract is being called off instead and a project board meets "
            "every fortnight until delivery is back on plan."
        ),
    ),
    (
        "The target will not be met: {n} of {m} planned steps are done.",
        (
            "Steps depended on another programme that is delayed. A joint plan is being written with its lead and the "
            "critical steps have been brought forward."
        ),
    ),
    (
        "The lead post has been vacant since the summer and delivery has stalled.",
        (
            "Two rounds of recruitment failed. A secondment is agreed, two service managers share the tasks meanwhile "
            "and progress is reviewed every week."
        ),
    ),
    (
        "The review found that {n} of {m} requirements are not in place.",
        (
            "Requirements were underestimated at the start. An improvement plan with named owners is agreed and an "
            "independent check follows after three months."
        ),
    ),
    (
        "The system cannot produce the report that this action depends on.",
        (
            "The upgrade was postponed by the supplier. Figures are being gathered by hand and the upgrade is "
            "escalated through the contract."
        ),
    ),
)
BLUE = (
    "Complete: approved by the management team and in use across all services.",
    "Complete: the plan was agreed by all partners and published.",
    "Complete: implemented in every locality and handed over to operational teams.",
)
FIGURES = ("{n} of {m}", "{p}%", "{n} people", "{n} sessions", "{p}% (up from last quarter)")
FORUMS = ("Senior Management Team", "Chief Officer", "Integration Joint Board")
ASKS = (
    "The SPG is asked to agree the new date for {ref} and to support the reduced first phase.",
    "The SPG is asked to refer the funding of {ref} to the Integration Joint Board.",
    "The SPG is asked to note the delay to {ref} and to agree the proposed date.",
)
CASE_STUDIES = (
    "A locality team tried the new approach for six weeks: fewer hand-offs, and staff asked to keep it.",
    "One of the groups now runs without support from us and has taken on a second venue.",
    "Joint visits by two services replaced separate ones, which people said they preferred.",
)


@dataclass(frozen=True, slots=True)
class Author:
    """Whoever fills in a plan.

    ``voice`` keeps two people, and two cycles, from writing the same; ``begins`` is where in the banks of sentences
    this author begins, so that two plans do not read alike. ``ratings`` has a letter per row.
    """

    name: str
    voice: str
    seed: int
    cycle: Cycle
    ratings: str
    plan: str
    begins: int

    def letter(self, position: int) -> str:
        return self.ratings[position - 1] if position <= len(self.ratings) else "G"

    def chance(self, about: str, sides: int) -> int:
        return chance(self.seed, f"{self.voice} {about}", sides)

    def sentence(self, bank: Sequence[Thing], position: int) -> Thing:
        return pick(self.seed, self.cycle.id, bank, self.begins + position)


def drawn(seed: int, about: str, rows: int) -> str:
    """A letter per row, as chance has it."""
    return "".join(pick(seed, f"{about} {position} rating", DRAWN) for position in range(1, rows + 1))


def row(form: Form, author: Author, action: Action, position: int) -> dict[str, str | date]:
    """The cells that the author fills in for one action, by column id; ``position`` counts from 1 in the plan."""
    letter = author.letter(position)
    cells: dict[str, str | date] = {
        "rating": TYPED.get((author.plan, position, letter), WORDS[letter]),
        "updated_by": author.name,
    }
    cells |= _progress(author, letter, position)
    cells |= _way_back(author, letter, position)
    cells |= _figure(author, letter, position)
    cells |= _forecast(form, letter)
    if letter == "D":
        cells |= _asking(author, action)
    return {column: cell for column, cell in cells.items() if form.has(column)}


def about_the_plan(form: Form, author: Author, actions: Sequence[Action]) -> dict[str, str]:
    """The plan sheet: an ask of the SPG where a row asks for another date, and a case study now and then."""
    asking = [action.ref for position, action in enumerate(actions, 1) if author.letter(position) == "D"]
    fields = {"nobody_identified": "Yes"}
    if asking:
        fields["ask"] = author.sentence(ASKS, 0).format(ref=asking[0])
    if asking or author.chance("case study", 2):
        fields["case_study"] = author.sentence(CASE_STUDIES, 0)
    fields |= sections(form, author.seed, author.voice)
    known = {field.id for field in form.fields}
    return {field: text for field, text in fields.items() if field in known}


def _progress(author: Author, letter: str, position: int) -> dict[str, str | date]:
    match WORDS[letter]:
        case "Green":
            cells = {"progress": author.sentence(GREEN, position)}
        case "Blue":
            cells = {"progress": author.sentence(BLUE, position)}
        case rating:
            progress, reason = author.sentence(RED if rating == "Red" else AMBER, position)
            cells = {"progress": progress, "reason": reason}
    return {column: _numbered(author, f"{column} {position}", text) for column, text in cells.items()}


def _way_back(author: Author, letter: str, position: int) -> dict[str, str | date]:
    if letter not in "RDA":
        return {}
    weeks = (8 if letter == "A" else 18) + author.chance(f"green by {position}", 9)
    return {"green_by": author.cycle.deadline + timedelta(weeks=weeks)}


def _figure(author: Author, letter: str, position: int) -> dict[str, str | date]:
    # A Blue without a figure is asked about: that is the row that shows it.
    if letter == "B" or author.chance(f"figure {position}", 2):
        return {}
    figure = _numbered(author, f"figure {position}", author.sentence(FIGURES, position))
    days = 1 + author.chance(f"figure date {position}", 20)
    return {"figure": figure, "figure_date": author.cycle.issue - timedelta(days=days)}


def _forecast(form: Form, letter: str) -> dict[str, str | date]:
    if letter == "B" or not form.has("forecast"):
        return {}
    choices = form.column("forecast").choices
    return {"forecast": choices[0] if letter == "G" else choices[1]} if len(choices) > 1 else {}


def _asking(author: Author, action: Action) -> dict[str, str | date]:
    due = action.due or author.cycle.deadline
    return {"new_date": due + timedelta(days=184), "escalate_to": author.sentence(FORUMS, 0)}


def _numbered(author: Author, about: str, text: str) -> str:
    few = 3 + author.chance(f"{about} few", 9)
    many = few + 2 + author.chance(f"{about} many", 8)
    return text.format(n=few, m=many, p=100 * few // many)
