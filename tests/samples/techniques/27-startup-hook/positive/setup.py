from setuptools import setup

setup(name="card-start", version="0.1.0", packages=["cards"], data_files=[("", ["card_start.pth"])])
