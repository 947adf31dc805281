# SPDX-License-Identifier: Apache-2.0
"""Pages of el2sim in headless Chromium: what the tests of the HTML report share."""
import json, os, shutil, subprocess, tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

VHE = "configs/experiment/linux-6.12-vhe-n1.ini"
COMMANDS = {
    "run": f"run {VHE}",
    "compare": "compare configs/experiment/eager-vs-deferred.ini",
    "workload": "run configs/experiment/overcommit.ini",
    "workloads": "compare configs/experiment/overcommit.ini --machine.vcpus=8 --machine.pcpus=2 --vary policy.el1=eager,deferred",
    "diff": f"diff {VHE} configs/experiment/linux-4.15-vhe-n1.ini --explain",
    "explain": f"explain {VHE}",
    "explore": f"explore {VHE} --depth 4",
    "story": "bugs ptrauth-keys-once",
    "abi": "abi configs/experiment/abi-scope.ini",
    "sweep": "sweep configs/experiment/policy-matrix.ini --run.duration=1000",
}


class Pages:
    """Writes pages with the program, opens them; every request and console message is kept."""

    def __init__(self, program):
        self.program, self.folder = program, tempfile.TemporaryDirectory()
        options = Options()
        arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--no-first-run", f"--user-data-dir={self.folder.name}/profile"]
        # The pages are our own; the sandbox is not there for root, in containers, and where users have no namespaces.
        arguments.append("--no-sandbox")
        options.binary_location = shutil.which("chromium")
        for a in arguments:
            options.add_argument(a)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.driver.get("about:blank")
        self.size(1280, 900)
        self.complaints()  # of Chromium's own first page

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name + ".html")

    def run(self, line, *more):
        done = subprocess.run([self.program, *line.split(), *more], capture_output=True, text=True)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        return done.stdout

    def write(self, name):
        """The page of a command, and what el2sim report makes it from again."""
        result = self.result(name)
        if name == "sweep":
            self.run(COMMANDS[name], "-o", result)
            self.run(f"report {result}", "-o", self.path(name))
            return
        self.run(COMMANDS[name], "--format", "html", "-o", self.path(name))
        self.run(COMMANDS[name], "--format", "json", "-o", result)

    def result(self, name):
        return os.path.join(self.folder.name, name + (".db" if name == "sweep" else ".json"))

    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme, media=""):
        self.cdp("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def open(self, name, scheme="light"):
        self.prefer(scheme)
        self.driver.get("file://" + self.path(name))

    def js(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def complaints(self):
        """Console messages, and requests that leave the file."""
        found = [m["message"] for m in self.driver.get_log("browser")]
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith((f"file://{self.folder.name}/", "data:")):
                    found.append("request: " + url)
        return found
