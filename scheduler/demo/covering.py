"""The covering notes that people write above a workbook: what is said, by part of the table."""

from scheduler.demo.chance import pick

NOTES = {
    "prompt": (
        "Hi\n\n{plan} attached, all rows done. A couple of ratings would not pick from the list so I typed them.",
        "Morning\n\nPlease see {plan} attached. It did not take long this time, all {count} rows are filled in.",
        "Hello\n\nAttached is {plan} for the SPG. I pasted some of it from our service review.",
    ),
    "assistant": (
        "Good afternoon\n\n{sponsor} has asked me to return {plan} on their behalf. Please see attached.",
        "Hello\n\nI attach the completed {plan}, sent on behalf of {sponsor}.",
        "Hi there\n\n{sponsor} dictated the update for {plan} this morning, so I am sending it in. File attached.",
    ),
    "piece": (
        "Hi\n\nMy rows of {plan} as requested, I have left the others alone. {sponsor} will send the rest.",
        "Hello\n\nPlease find my bit of {plan} attached. Only the rows that are ours are filled in.",
        "Hi\n\nI was asked to update {rows} of {plan}. Attached, anything missing please shout.",
    ),
    "rest": (
        "Hi\n\nThe rest of {plan} from me, you should already have a piece of it from the service.",
        "Hello\n\nHere are my own rows of {plan}. The others were returned directly.",
        "Afternoon\n\n{plan} attached with the remaining rows. Let me know if the pieces do not fit together.",
    ),
    "untidy": (
        "Hi\n\n{plan} attached. Apologies for the state of it, I moved things around to make sense of it.",
        "Hello\n\nMy return for {plan}. I sorted the rows by date and added a column for our own notes.",
        "Hi all\n\n{plan} as discussed at the management team. The layout has suffered a little.",
    ),
    "libreoffice": (
        "Dear colleagues\n\nOur update for {plan} is attached. We use LibreOffice here, I hope it opens for you.",
        "Hello\n\nPlease find {plan} attached from our side. Any difficulty with the format, just tell us.",
        "Dear all\n\n{plan} attached. Two rows are Amber, happy to talk about either of them.",
    ),
    "nothing": (
        "Hi\n\nPlease find attached our return for {plan}.",
        "Hello\n\nPlease find attached {plan}, sorry it is close to the deadline.",
        "Hi both\n\nPlease find attached the update for {plan} for the SPG.",
    ),
    "pdf": (
        "Sorry about that! Here it is.",
        "Apologies, I forgot the file yesterday. Attached now.",
        "Second try, with {plan} attached this time. Sorry.",
    ),
    "last minute": (
        "Hi\n\nHere is the proper file for {plan}. Sorry this is late in the day.",
        "Evening\n\n{plan} attached as a workbook this time, just inside the deadline I hope.",
        "Hi\n\nThird time lucky: {plan} as Excel. There is an ask of the SPG on the second sheet.",
    ),
    "plain": (
        "Hi\n\n{plan} attached.",
        "Hello\n\nPlease see our update of {plan} attached.",
        "Morning\n\nHere is {plan}. Any questions, give me a ring.",
        "Hi both\n\n{plan} for the SPG as requested.",
    ),
    "late": (
        "Hi\n\nApologies for the delay, {plan} is attached.",
        "Hello\n\nSorry, this slipped. {plan} attached.",
        "Hi\n\nI know that this is late: {plan} attached. It has been a difficult few weeks.",
    ),
    "stale": (
        "Hi\n\n{plan} attached, all up to date.",
        "Hello\n\nI had this one saved already: {plan} attached.",
    ),
    "unchanged": (
        "Hi\n\n{plan} attached, thanks.",
        "Hello\n\nPlease see attached for {plan}.",
    ),
    "ignore": (
        "Hi\n\nPlease ignore our return of {plan}, the figures were not signed off. A new one follows.",
        "Hello\n\nCan you disregard what my office sent for {plan}? I will send a corrected one.",
    ),
    "corrected": (
        "Hi\n\nThe corrected {plan} is attached, please use this one.",
        "Hello\n\n{plan} again, with the figures checked this time.",
    ),
    "stranger": (
        "Hello\n\nThis was passed on to me as I know the service well. {plan} is filled in and attached.",
        "Hi\n\n{plan} was forwarded to me while {sponsor} is away, so I have completed it.",
        "Good morning\n\nPlease accept the attached {plan}. {sponsor}'s office sent it over for completion.",
    ),
}
THANKS = ("Thanks", "Kind regards", "Many thanks", "Regards")
AWAY = (
    "I am out of the office until {back} with no access to email. If it is urgent please contact my office.",
    "I am on annual leave and will return on {back}. Your message will not be forwarded.",
    "Thank you for your message. I am away from the office and will reply on my return on {back}.",
)


def note(seed: int, about: str, bank: str, actor: str, facts: dict[str, str]) -> str:
    """What somebody writes above their workbook, signed with their name. ``about`` keeps two notes apart."""
    text = pick(seed, f"{about} note", NOTES[bank]).format(**facts)
    return f"{text}\n\n{pick(seed, f'{about} thanks', THANKS)}\n{actor}\n"


def away(seed: int, person: str, back: str) -> str:
    """What a mailbox answers while its owner is away until ``back``."""
    return f"{pick(seed, 'away', AWAY).format(back=back)}\n\n{person}\n"
