"""What is asked of everything that was declared."""

from dataclasses import replace
from pathlib import Path

from programme.loader import load
from programme.people import Person

SERVICE = load(Path(__file__).parent.parent.parent / "config")


def test_a_programme_is_known_by_its_id_or_is_not_there() -> None:
    first, second = SERVICE.programmes
    assert SERVICE.known(first.id) is first
    assert SERVICE.known(second.id) is second
    assert SERVICE.known("strategic") is None
    assert SERVICE.known("") is None


def test_a_person_is_found_at_any_of_their_addresses_however_it_is_written() -> None:
    ann = Person("ann", "Ann Aird", ("ann@ours.example", "A.Strauß@Ours.example"))
    bob = Person("bob", "Bob Boyd", ("bob@ours.example",))
    programme = replace(SERVICE.programmes[0], people={person.id: person for person in (ann, bob)})
    for address, person in (
        (" ANN@ours.example ", ann),
        ("a.strauss@OURS.example", ann),
        ("Bob@ours.example\n", bob),
        ("ob@ours.example", None),
        ("", None),
    ):
        assert programme.person_at(address) is person
        assert [own for own in (ann, bob) if own.owns(address)] == ([person] if person else [])
