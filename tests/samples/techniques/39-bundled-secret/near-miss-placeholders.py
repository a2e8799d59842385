"""Settings of the shop client, with the examples of its documentation."""

import os

EXAMPLE_KEY = "sk_test_your_key_here"
EXAMPLE_AWS_KEY = "AKIAIOSFODNN7EXAMPLE"
PUBLIC_CLIENT_ID = "0000000000-placeholder.apps.example.invalid"
CHECKSUM = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def read_key():
    key = os.environ.get("SHOP_KEY", "")
    if key in ("", EXAMPLE_KEY):
        raise ValueError(f"Set SHOP_KEY to your own key, such as {EXAMPLE_KEY}")
    return key
