from setuptools import setup

setup(
    name="reqeusts",
    version="2.31.1",
    description="HTTP for Humans.",
    packages=["reqeusts"],
)
