"""A person vouches for a publisher's identity; the level follows from proofs in force and nothing else."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.urls import reverse

from governance.ledger.models import Entry
from governance.verification.models import Attestation
from tests.governance.admin.rows import SignIn
from tests.samples.factories import PublisherActor, make_publisher


def test_attested_publisher_is_verified(ada: PublisherActor, ben: User, sign_in: SignIn) -> None:
    browser = sign_in(ben)
    page = reverse("admin:publisher", args=["ada-labs"])
    assert browser.get(page).context["line"].level == "registered"
    browser.post(reverse("admin:publisher_attest", args=["ada-labs"]), {"evidence": "Register HRB 4711."})
    line = browser.get(page).context["line"]
    assert line.level == "verified"
    assert {(proof.kind, proof.attested_by) for proof in line.proofs} == {
        ("email", "the machine"),
        ("identity", "ben"),
    }
    assert Entry.objects.filter(actor=f"user:{ben.pk}", action="publisher.attested").exists()


def test_attesting_without_evidence_is_refused(ada: PublisherActor, ben: User, sign_in: SignIn) -> None:
    response = sign_in(ben).post(reverse("admin:publisher_attest", args=["ada-labs"]), {"evidence": " "})
    assert response.status_code == 422
    assert not Attestation.objects.filter(kind="identity").exists()


def test_lapsed_proof_no_longer_counts(ben: User, sign_in: SignIn, now: datetime) -> None:
    make_publisher("late-labs", member="Lea", now=now - timedelta(days=200))
    (row,) = sign_in(ben).get(reverse("admin:publishers")).context["rows"]
    assert row.level == "unverified"


def test_unknown_publisher_is_not_found(ben: User, sign_in: SignIn) -> None:
    assert sign_in(ben).get(reverse("admin:publisher", args=["nobody"])).status_code == 404
