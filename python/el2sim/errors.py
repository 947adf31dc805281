# SPDX-License-Identifier: Apache-2.0
"""Exceptions, one per exit status of the program; library and program say the same sentence for the same mistake."""


class Error(Exception):
    """What el2sim refused or could not do: str() is its sentence, status the program's exit status."""

    status = 7

    def __init__(self, text, status=None):
        super().__init__(text)
        if status is not None:
            self.status = status


class AnswerError(Error):
    """The answer is no (status 1), and there is no report that says so."""

    status = 1


class UsageError(Error):
    """A wrong argument, or a call in the wrong order."""

    status = 2


class ConfigError(Error):
    """A wrong configuration: the text names file, line, key and what is wanted."""

    status = 3


class InputError(Error):
    """A wrong trace or other input."""

    status = 4


class ModelError(Error):
    """A switch model, patch or policy that is not sound."""

    status = 5


class OutputError(Error):
    """A file could not be written."""

    status = 6


_kinds = {kind.status: kind for kind in (AnswerError, UsageError, ConfigError, InputError, ModelError, OutputError)}


def error(status, text):
    """The exception for an exit status."""
    return _kinds.get(status, Error)(text, status)
