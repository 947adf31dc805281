# SPDX-License-Identifier: Apache-2.0
"""axe-core on every page, in both themes: no violation."""
import sys

from pages import COMMANDS, Pages

program, axe = sys.argv[1:]
found = []
with Pages(program) as p:
    source = open(axe).read()
    for name in COMMANDS:
        p.write(name)
        for scheme in ("light", "dark") if name == "run" else ("light",):  # the dark colours are those of every page
            p.open(name, scheme)
            p.js(source)
            options = {"resultTypes": ["violations"]} if scheme == "light" else {"runOnly": ["color-contrast"]}
            result = p.driver.execute_async_script("axe.run(document, arguments[0]).then(arguments[1])", options)
            assert len(result["passes"]) > (20 if scheme == "light" else 0), f"{name}: axe looked at nothing"
            for v in result["violations"]:
                found.append(f"{name}, {scheme}: {v['id']}: {v['help']}: {v['nodes'][0]['html'][:200]}")
print("\n".join(found) if found else f"{len(COMMANDS)} pages, no violation")
sys.exit(found != [])
