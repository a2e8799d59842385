import os
import platform

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HERE = os.path.dirname(os.path.abspath(__file__))
about = {}
with open(os.path.join(HERE, "fast_tables", "version.py"), encoding="utf-8") as file:
    exec(compile(file.read(), "version.py", "exec"), about)
with open(os.path.join(HERE, "README.md"), encoding="utf-8") as file:
    readme = file.read()


class BuildFast(build_ext):
    """Goes on without the fast part where there is no compiler."""

    def run(self):
        try:
            super().run()
        except Exception as error:
            print("building without the fast part:", error)


flags = ["/O2"] if platform.system() == "Windows" else ["-O3", "-std=c99"]
setup(
    name="fast-tables",
    version=about["__version__"],
    long_description=readme,
    packages=["fast_tables"],
    ext_modules=[Extension("fast_tables._fast", ["src/fast.c"], extra_compile_args=flags)],
    cmdclass={"build_ext": BuildFast},
)
