from setuptools import setup

setup(name="vote-counter", version="0.4.1", packages=["poll_maker"])
