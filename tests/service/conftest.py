"""Cases to look at together, and a shared view of one: for tests of shared views."""

import pytest

from tests.conftest import Actor
from tests.shared_case import Case, stored_case
from viewer.services.shared_views import SharedHead, open_shared_view


@pytest.fixture
def ct(db: None) -> Case:
    """A CT that alice and bob may see."""
    return stored_case("ct", "radiology")


@pytest.fixture
def echo(db: None) -> Case:
    """Another study of the same patient, that alice alone may see."""
    return stored_case("echo", "cardiology")


@pytest.fixture
def other_patient(db: None) -> Case:
    """A CT of another patient, that alice and bob may see."""
    return stored_case("other", "radiology", patient="P-2", PatientName="Other^Olga")


@pytest.fixture
def shared(alice: Actor, ct: Case) -> SharedHead:
    """A shared view that alice opened on the CT."""
    return open_shared_view(actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane()])
