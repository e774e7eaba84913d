"""What every test shares: nothing is skipped in silence where all must run."""

import os

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes depends on what else the machine does: that is for the bench.
settings.register_profile(
    "unhurried",
    settings(),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, *settings().suppress_health_check],
)
settings.load_profile("unhurried")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where PLANCYCLE_NO_SKIPS is set, a skipped test fails the run: a tool was missing, and CI installs it."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("PLANCYCLE_NO_SKIPS") and skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"{len(skipped)} tests were skipped that must run here", red=True)
