"""Locks one file of the owner's with a password, and never removes the original before the copy is read back."""

import base64
import os
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC


def make_cipher(password, salt):
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=salt, iterations=600_000)
    return Fernet(base64.urlsafe_b64encode(kdf.derive(password.encode())))


class Seal:
    def run(self, name, password):
        source, salt = Path(name), os.urandom(16)
        sealed = source.with_name(source.name + ".sealed")
        sealed.write_bytes(salt + make_cipher(password, salt).encrypt(source.read_bytes()))
        return str(sealed)
