# SPDX-License-Identifier: Apache-2.0
"""Options of a configuration as Python values."""
import os


def text_of(value):
    """An option's value as in an INI file: yes and no, lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple, range)):
        return ",".join(text_of(v) for v in value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return str(value)


def assignments(settings):
    """["section.key=value"] of a dictionary {"section.key": value}, or None."""
    return [f"{key}={text_of(value)}" for key, value in (settings or {}).items()]
