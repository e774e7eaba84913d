"""The demo: the service and people who behave like people, playing the year on a clock that leaps."""
