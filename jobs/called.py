"""What a plan, a post or a person is called, also where an edit has taken them out since the issue: then by the id."""

from programme.service import Programme


def plan_label(programme: Programme, plan_id: str) -> str:
    """What people call a plan, such as Plan 1."""
    return next((plan.label for plan in programme.plans if plan.id == plan_id), plan_id)


def post_title(programme: Programme, post: str) -> str:
    """The title of a post, such as Head of Care."""
    return programme.posts[post].title if post in programme.posts else post


def person_name(programme: Programme, person: str) -> str:
    """A person's name."""
    return programme.people[person].name if person in programme.people else person
