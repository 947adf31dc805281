# SPDX-License-Identifier: Apache-2.0
"""The command lines of tests/report_lines.h."""
import ast, re, subprocess


def lines(cc):
    """The strings of the header: a C initializer of strings is a Python tuple, too."""
    text = subprocess.run([cc, "-E", "-P", "-I.", "tests/report_lines.h"], check=True, capture_output=True, text=True)
    return ast.literal_eval("(" + re.search(r"report_lines\[\]\s*=\s*\{(.*)\};", text.stdout, re.S)[1] + ")")
