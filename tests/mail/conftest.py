"""The marker of the tests that start real servers."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "servers: starts a real mail server; `make check` fails without one")
