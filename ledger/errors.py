"""What the ledger refuses, each as a sentence."""


class LedgerError(Exception):
    """The ledger cannot do it. The text is one or two sentences: where, what was found, what to do."""


class AlreadySettledError(LedgerError):
    """The step was settled before: it must not fire again."""


class DuplicateIntentError(LedgerError):
    """The message was decided before, under this key or this Message-ID: it must not be sent again."""
