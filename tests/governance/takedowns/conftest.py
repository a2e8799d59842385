"""The proof bundle every test here begins with."""

import pytest

from tests.governance.takedowns.proof_samples import ProofCase, make_case


@pytest.fixture(scope="session")
def proof_case() -> ProofCase:
    """Three bots that all confirmed, two people who were all told."""
    return make_case()
