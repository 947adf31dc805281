# SPDX-License-Identifier: Apache-2.0
"""What a command answers: its JSON as a dictionary, with ways to its tables."""
import json
import os

from .errors import InputError, UsageError


def frame(rows, columns=None):
    """A pandas.DataFrame of rows (a list of dictionaries). UsageError without pandas."""
    try:
        import pandas
    except ImportError:
        raise UsageError("a frame wants pandas: apt-get install python3-pandas; rows() does without") from None
    return pandas.DataFrame(rows, columns=columns)


class Report(dict):
    """The dictionary that docs/report.schema.json describes: "facts", "tables", "verdicts", "notes", ..."""

    status = 0  # 1: the answer is no, as the program's exit status

    def table(self, name):
        """A table: {"title", "columns", "rows"}. KeyError names those that there are."""
        try:
            return self["tables"][name]
        except KeyError:
            raise KeyError(f"no table {name!r}: there are {', '.join(self['tables'])}") from None

    def rows(self, name):
        """A table's rows, each a dictionary by column key; None is "not known", or "not applicable"."""
        return self.table(name)["rows"]

    def column(self, name, key):
        """One column of a table as a list. KeyError names those that there are."""
        keys = [column["key"] for column in self.table(name)["columns"]]
        if key not in keys:
            raise KeyError(f"no column {key!r} in table {name!r}: there are {', '.join(keys)}")
        return [row[key] for row in self.rows(name)]

    def units(self, name):
        """{column key: unit} of a table's columns that have one."""
        return {column["key"]: column["unit"] for column in self.table(name)["columns"] if column["unit"]}

    def frame(self, name):
        """A table as a pandas.DataFrame with the column keys; its units are in .attrs["units"]."""
        f = frame(self.rows(name), [column["key"] for column in self.table(name)["columns"]])
        f.attrs.update(title=self.table(name)["title"], units=self.units(name))
        return f

    def text(self, format="text"):
        """The report in another form, as `el2sim report` writes it: "text", "md", "csv", "html"."""
        from .program import rewrite

        return rewrite(self, ["--format", format])

    def save(self, path):
        """Write it to a file whose ending says the form: .json, .html, .md, .csv, .txt."""
        from .program import rewrite

        rewrite(self, ["-o", os.fspath(path)])

    def figure(self, name, path, **options):
        """Write a chart as a figure, as `el2sim report --figure`; options: figure_width=84, no_title=True, ..."""
        from .program import options_of, rewrite

        rewrite(self, ["--figure", name, "-o", os.fspath(path), *options_of(options)])

    def _repr_markdown_(self):
        lines = [f"**{self['title']}**", ""] + [f"- {_plain(v)}" for v in self["verdicts"]]
        return "\n".join(lines + ["", "Tables: " + ", ".join(f"`{name}`" for name in self["tables"])])


def _plain(text):
    """Text that Markdown and HTML leave alone."""
    for mark in "\\`*_[]<>&|":
        text = text.replace(mark, "\\" + mark)
    return text


def of_json(text, where):
    """The Report of a command's JSON, or a list of them. InputError if it is none."""
    try:
        found = json.loads(text)
    except ValueError as e:
        raise InputError(f"{where}: no JSON: {e}") from None
    if isinstance(found, list):
        return [Report(one) for one in found]
    if not isinstance(found, dict) or not str(found.get("schema", "")).startswith("el2sim."):
        raise InputError(f"{where}: no report of el2sim")
    return Report(found)


def load(path):
    """A report that was written to a file as JSON (-o FILE.json, Report.save)."""
    with open(path, encoding="utf-8") as f:
        return of_json(f.read(), os.fspath(path))
