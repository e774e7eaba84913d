"""From files to a service: the shipped configuration, warnings, and what the disk can do."""

import os
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from programme.fault import ConfigurationError
from programme.form import Kind
from programme.loader import examine, load, load_files, read_files
from programme.people import Contribution
from programme.service import Programme, Service

ROOT = Path(__file__).parent.parent.parent
BASE = ROOT / "tests" / "data" / "configurations" / "base"


@pytest.fixture(scope="module")
def shipped() -> Service:
    return load(ROOT / "config")


@pytest.fixture(scope="module")
def plan(shipped: Service) -> Programme:
    return shipped.programme("strategic-plan")


def write(folder: Path, changes: dict[str, str | None]) -> Path:
    """The base configuration on disk, with some files changed or taken away."""
    for name, text in {**read_files(BASE), **changes}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_service(shipped: Service) -> None:
    assert shipped.mailbox.system == "folder"
    assert shipped.mailbox.authenticated_by == ("mail.hscp.example",)
    assert shipped.collect_every == timedelta(minutes=5)
    assert shipped.ledger == "var/ledger.db"
    assert [programme.id for programme in shipped.programmes] == ["strategic-plan", "highlight-reports"]


def test_the_shipped_programme_is_that_of_the_procedure(plan: Programme) -> None:
    assert len(plan.cycles) == 11
    assert [one.label for one in plan.plans] == [f"Big Action {number}" for number in range(1, 7)]
    assert sum(len(one.actions) for one in plan.plans) == 36
    assert sum(len(one.sponsors) for one in plan.plans) == 7
    assert plan.plan("ba3").sponsors == ("children", "community-care")
    assert len(plan.posts) == 5
    assert plan.posts["cvs"].external
    assert plan.people["cvs-chief-executive"].name == "Chief Executive, Inverclyde CVS"
    assert len(plan.team.members) == 2
    assert len(plan.spg.members) == 8
    assert plan.working_days.region == "GB-SCT"


def test_actions_keep_their_locked_columns_as_text(plan: Programme) -> None:
    action = plan.plan("ba1").actions[0]
    assert (action.ref, action.due) == ("1.1", date(2021, 3, 31))
    assert action.reference == {
        "lead": "SM Advice Services",
        "measure": "Clients seen; £ gained",
        "outcomes": "1, 5",
    }


def test_posts_have_dated_people_and_contributors(plan: Programme) -> None:
    post = plan.posts["children"]
    assert post.holder(date(2020, 1, 31)) == "sharon-mcalees"
    assert post.contributors == (Contribution("sm-criminal-justice", "ba3", ("3.2", "3.3")),)
    assert post.escalation == "chief-officer"
    changing = load(BASE).programmes[0].posts["care"]
    assert changing.holder(date(2020, 6, 30)) == "ann"
    assert changing.holder(date(2020, 7, 1)) == "bob"


def test_the_built_in_form_has_its_columns_in_order(plan: Programme) -> None:
    assert [column.id for column in plan.form.columns] == [
        "ref",
        "deliverable",
        "due",
        "last_rating",
        "last_progress",
        "rating",
        "progress",
        "reason",
        "green_by",
        "figure",
        "figure_date",
        "forecast",
        "new_date",
        "escalate_to",
        "updated_by",
        "lead",
        "start",
        "revised_due",
        "measure",
        "outcomes",
    ]
    assert next(column.id for column in plan.form.answered) == "rating"
    assert len(plan.form.answered) == 10
    assert [column.id for column in plan.form.columns if column.grouped] == (
        ["lead", "start", "revised_due", "measure", "outcomes"]
    )
    assert plan.form.column("rating").kind is Kind.RATING
    assert plan.form.column("forecast").choices == ("on time", "late", "not achievable")
    assert [one.id for one in plan.form.fields] == [
        "ask",
        "case_study",
        "feedback",
        "anything_else",
        "nobody_identified",
    ]
    assert [rating.id for rating in plan.form.ratings] == ["red", "amber", "green", "blue"]
    assert plan.form.rating("red").fill == "#9B0F0F"


def test_every_shipped_address_is_invented(shipped: Service) -> None:
    people = [person for programme in shipped.programmes for person in programme.people.values()]
    addresses = [address for person in people for address in person.addresses]
    assert all(address.endswith(("@hscp.example", "@cvs.example")) for address in addresses)


def test_the_shipped_configuration_has_only_the_warnings_of_its_calendar() -> None:
    told = examine(ROOT / "config", date(2018, 3, 1))
    assert [str(fault) for fault in told] == [
        (
            "strategic-plan/cycles.yaml:8:66: warning: update 3: sponsors have one week, 5 working days, to update, "
            "and the programme's own rule is 9; the deadline is 25 days (15 working days) before the SPG."
        ),
        (
            "strategic-plan/cycles.yaml:11:44: warning: update 6: the issue date, Mon 13 April 2020, is a day off "
            "(Easter Monday)."
        ),
        (
            "strategic-plan/cycles.yaml:12:44: warning: update 7: the issue date, Mon 25 May 2020, is a day off "
            "(Spring Bank Holiday)."
        ),
    ]


def test_warnings_are_about_what_is_ahead() -> None:
    over = (
        "highlight-reports/cycles.yaml:5:3: warning: no cycle is ahead of {}, so nothing will be sent. Add the next "
        "approved calendar."
    )
    assert [str(fault) for fault in examine(ROOT / "config", date(2020, 5, 16))] == [
        over.format("Sat 16 May 2020"),
        (
            "strategic-plan/cycles.yaml:12:44: warning: update 7: the issue date, Mon 25 May 2020, is a day off "
            "(Spring Bank Holiday)."
        ),
    ]
    assert [str(fault) for fault in examine(ROOT / "config", date(2021, 1, 1))] == [
        over.format("Fri 1 January 2021"),
        (
            "strategic-plan/cycles.yaml:6:3: warning: no cycle is ahead of Fri 1 January 2021, so nothing will be "
            "sent. Add the next approved calendar."
        ),
    ]


def test_a_date_on_a_weekend_and_a_short_gap_are_warned_of(tmp_path: Path) -> None:
    cycles = read_files(BASE)["updates/cycles.yaml"].replace("2020-01-31", "2020-02-01").replace("02-21", "02-20")
    told = [str(fault) for fault in examine(write(tmp_path, {"updates/cycles.yaml": cycles}), date(2020, 1, 1))]
    assert told == [
        (
            "updates/cycles.yaml:5:15: warning: update 1: the deadline is 19 days before the SPG; the programme's own "
            "rule is 21."
        ),
        "updates/cycles.yaml:5:15: warning: update 1: the deadline, Sat 1 February 2020, is a Saturday.",
    ]


def test_a_vacant_post_is_warned_of_once(tmp_path: Path) -> None:
    people = read_files(BASE)["updates/people.yaml"].replace("until: 2020-06-30", "until: 2019-12-31")
    told = examine(write(tmp_path, {"updates/people.yaml": people}), date(2020, 1, 1))
    assert [str(fault) for fault in told] == [
        (
            'updates/people.yaml:11:7: warning: the post "care" is vacant on Mon 20 January 2020, when cycle "first" '
            "is issued. Add who holds it then."
        )
    ]


def told(folder: Path) -> list[str]:
    """What ``check`` says of a folder before the first cycle of the base."""
    return [str(fault) for fault in examine(folder, date(2020, 1, 1))]


def test_files_that_nothing_reads_are_warned_of_once_a_folder(tmp_path: Path) -> None:
    here = ("people.yaml", "notes.yaml", "updates/ladders.yaml", "updates/old/people.yaml")
    elsewhere = ("other/people.yaml", "other/plans.yaml", "other/deeper/plans.yaml")
    extra = dict.fromkeys((*here, *elsewhere), "x: 1\n")
    assert told(write(tmp_path, {**extra})) == [
        (
            "notes.yaml: warning: this file is not read. The service's own settings are in service.yaml, and nothing "
            "else is read beside it."
        ),
        (
            "other: warning: this folder is not read, because it is not listed. List it under 'programmes' in "
            "service.yaml, or take it away."
        ),
        "people.yaml: warning: this file is not read. It belongs in the folder of a programme.",
        "updates/ladders.yaml: warning: this file is not read. Did you mean 'ladder.yaml'?",
        (
            "updates/old: warning: this folder is not read. A programme's files lie in its folder itself, and none "
            "deeper."
        ),
    ]


def test_a_misspelt_programme_is_one_fault_and_no_warning(tmp_path: Path) -> None:
    service = read_files(BASE)["service.yaml"].replace("[updates]", "[update]")
    typo = "service.yaml:9:14: there is no folder \"update\" with settings. Did you mean 'updates'?"
    assert told(write(tmp_path, {"service.yaml": service})) == [typo]
    assert told(write(tmp_path, {"service.yaml": service, "reports/plans.yaml": "x: 1\n"})) == [
        (
            "reports: warning: this folder is not read, because it is not listed. List it under 'programmes' in "
            "service.yaml if it is one."
        ),
        typo,
    ]


def test_a_misspelt_programme_is_not_taken_for_one_that_is_listed(tmp_path: Path) -> None:
    files = {f"updates-2/{name}.yaml": read_files(BASE)[f"updates/{name}.yaml"] for name in ("people", "plans")}
    files["updates-2/cycles.yaml"] = read_files(BASE)["updates/cycles.yaml"]
    files["service.yaml"] = read_files(BASE)["service.yaml"].replace("[updates]", "[updates, updates-3]")
    assert told(write(tmp_path, {**files})) == [
        "service.yaml:9:23: there is no folder \"updates-3\" with settings. Did you mean 'updates-2'?"
    ]


@pytest.mark.parametrize(
    ("beside", "fix"),
    [
        ({}, "service.yaml: the file is missing. Name the folder that holds it with --config."),
        ({"service.yml": "x"}, "service.yaml: service.yml is there. Rename it to service.yaml."),
        (
            {"services.yaml": "x"},
            (
                "service.yaml: the file is missing. services.yaml is there: rename it to service.yaml if that is what "
                "it is."
            ),
        ),
        (
            {"people.yaml": "x"},
            (
                "service.yaml: the file is missing. This looks like the folder of a programme: name the one above it "
                "with --config."
            ),
        ),
        (
            {"config/service.yaml": "x"},
            'service.yaml: the file is missing. It is in the folder "config": name that one with --config.',
        ),
    ],
)
def test_without_a_service_file_that_is_all_that_is_said(tmp_path: Path, beside: dict[str, str], fix: str) -> None:
    assert told(write(tmp_path, {"service.yaml": None, **beside})) == [fix]


def test_a_file_that_ends_in_yml_is_to_be_renamed(tmp_path: Path) -> None:
    base = read_files(BASE)
    changed: dict[str, str | None] = {f"updates/{name}.yaml": None for name in ("cycles", "ladder")}
    changed |= {f"updates/{name}.yml": base[f"updates/{name}.yaml"] for name in ("cycles", "ladder", "form")}
    folder = write(tmp_path, changed | {"updates/plan.yml": "x"})
    assert told(folder) == [
        "updates/cycles.yaml: cycles.yml is there. Rename it to cycles.yaml.",
        "updates/form.yml: warning: this file is not read: form.yaml is. Keep one of them.",
        "updates/ladder.yml: warning: this file is not read. Rename it to ladder.yaml.",
        "updates/plan.yml: warning: this file is not read. Did you mean 'plans.yaml'?",
    ]
    with pytest.raises(ConfigurationError, match=r"cycles\.yml is there"):
        load(folder)


def test_files_that_may_be_left_out(tmp_path: Path) -> None:
    optional = dict.fromkeys([f"updates/{name}.yaml" for name in ("form", "ratings", "ladder", "holidays")])
    programme = load(write(tmp_path, optional)).programmes[0]
    assert not (tmp_path / "updates" / "form.yaml").exists()
    assert programme.form.id == "implementation-plan"
    assert programme.ladder.papers_days_before_spg == 7
    assert programme.working_days.region is None
    assert programme.working_days.week == frozenset(range(5))


def test_a_form_and_a_ladder_of_ones_own() -> None:
    files = read_files(BASE) | {
        "updates/form.yaml": (
            "id: short\ntitle: Short form\ncolumns:\n"
            "  - {id: ref, header: Ref}\n  - {id: deliverable, header: What}\n"
            "  - {id: rating, header: RAG, kind: rating, answered: true, headers: [Status]}\n"
            "  - {id: forecast, header: Forecast, kind: choice, answered: true, choices: [late, on time]}\n"
            "fields:\n  - {id: ask, header: Ask, hint: What you want}\n"
        ),
        "updates/ladder.yaml": 'issue: {at: 08:30}\npapers: {at: "10:00:05", days_before_spg: 5}\n',
        "updates/holidays.yaml": "working_week: [mon, sat]\nregion: none\n",
        "updates/ratings.yaml": "amber: {word: Yellow, synonyms: [Y], needs_recovery: false}\n",
    }
    programme = load_files(files).programmes[0]
    assert programme.form.column("rating").headers == ("Status",)
    assert programme.form.column("forecast").choices == ("late", "on time")
    assert programme.form.fields[0].hint == "What you want"
    assert programme.form.rating("amber").word == "Yellow"
    assert programme.form.rating("amber").synonyms == ("Y",)
    assert not programme.form.rating("amber").needs_recovery
    assert (programme.ladder.issue_at, programme.ladder.papers_at) == (time(8, 30), time(10, 0, 5))
    assert programme.working_days.week == frozenset({0, 5})
    assert programme.working_days.region is None


def test_words_are_not_mistaken_for_yes_no_or_numbers() -> None:
    people = read_files(BASE)["updates/people.yaml"]
    people = people.replace("Ann Gray", "no").replace("title: Plan updates", "title: >-\n  Plan\n  updates")
    plans = read_files(BASE)["updates/plans.yaml"].replace('"1.2"', "1.20").replace("label: Plan 1", "label: 01")
    programme = load_files(read_files(BASE) | {"updates/people.yaml": people, "updates/plans.yaml": plans}).programmes[
        0
    ]
    assert programme.people["ann"].name == "no"
    assert programme.title == "Plan updates"
    assert programme.plans[0].actions[1].ref == "1.20"
    assert programme.plans[0].label == "01"


def test_the_same_files_have_the_same_hash(shipped: Service, tmp_path: Path) -> None:
    again = load_files(shipped.files)
    assert again == shipped
    windows = {name: "\ufeff" + text.replace("\n", "\r\n") for name, text in read_files(BASE).items()}
    for name, text in windows.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    assert load(tmp_path).hash == load(BASE).hash
    changed = read_files(BASE) | {"updates/ratings.yaml": "{}\n"}
    assert load_files(changed).hash != load(BASE).hash


def test_a_missing_folder(tmp_path: Path) -> None:
    told = examine(tmp_path / "nowhere", date(2020, 1, 1))
    assert [fault.sentence for fault in told] == ["there is no such folder."]
    with pytest.raises(ConfigurationError, match="there is no such folder"):
        load(tmp_path / "nowhere")


def test_files_that_cannot_be_read_are_all_told(tmp_path: Path) -> None:
    write(tmp_path, {"service.yaml": None, "updates/plans.yaml": None, "updates/cycles.yaml": None})
    (tmp_path / "service.yaml").write_bytes(b"name: a\nmailbox: \xff\n")
    (tmp_path / "updates" / "plans.yaml").write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    (tmp_path / "updates" / "cycles.yaml").mkdir()
    told = [
        "service.yaml:2:1: this line is not UTF-8 text. Save the file as UTF-8.",
        f"updates/cycles.yaml: the file cannot be read: {os.strerror(21)}. Check what it is and its permissions.",
        "updates/plans.yaml: the file is larger than 4 MiB. Check that it is the right file.",
    ]
    with pytest.raises(ConfigurationError) as caught:
        read_files(tmp_path)
    assert [str(fault) for fault in caught.value.faults] == told
    assert [str(fault) for fault in examine(tmp_path, date(2020, 1, 1)) if not fault.warning] == told


def test_an_unreadable_file_of_a_programme_is_told_once(tmp_path: Path) -> None:
    write(tmp_path, {})
    (tmp_path / "updates" / "plans.yaml").write_bytes(b"plans: \xff\n")
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path)
    assert [str(fault) for fault in caught.value.faults] == [
        "updates/plans.yaml:1:1: this line is not UTF-8 text. Save the file as UTF-8."
    ]


def test_hidden_files_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, {".old/service.yaml": "x", "updates/.people.yaml": "x"})
    assert load(tmp_path).hash == load(BASE).hash
