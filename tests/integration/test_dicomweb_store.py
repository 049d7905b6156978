"""dicomweb-client, a peer that nobody here wrote, stores into a live Viewbox."""

from collections.abc import Iterator

import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from requests import HTTPError

from tests.server import ViewboxServer
from tests.small_objects import as_bytes, ct_image, dcmread, uid

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def viewbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ViewboxServer]:
    """A server of this module's own: the shared one is only read."""
    server = ViewboxServer(tmp_path_factory.mktemp("store"))
    server.prepare(demo=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def peer(viewbox: ViewboxServer) -> DICOMwebClient:
    viewbox.create_user("store-peer", "service")
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {viewbox.token('store-peer')}"
    return DICOMwebClient(url=f"{viewbox.url}/dicomweb", session=session)


def test_the_peer_stores_finds_and_stores_again(peer):
    images = [ct_image(("stow", number), study="stow", PatientID="STOW-1", InstanceNumber=number) for number in range(5)]
    for _ in range(2):
        answer = peer.store_instances(images)
        assert [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence] == [image.SOPInstanceUID for image in images]
        assert "FailedSOPSequence" not in answer
    found = peer.search_for_instances(uid("study", "stow"))
    assert sorted(item["00080018"]["Value"][0] for item in found) == sorted(image.SOPInstanceUID for image in images)


def test_what_disagrees_is_told_with_its_reason(peer):
    first = ct_image("clash", study="clash", PatientID="STOW-2")
    other = ct_image("clash", study="clash", PatientID="STOW-2", PixelData=bytes(32))
    good = ct_image("fine", study="clash", PatientID="STOW-2")
    peer.store_instances([first])
    answer = peer.store_instances([other, good])
    [failed] = answer.FailedSOPSequence
    assert (failed.ReferencedSOPInstanceUID, failed.FailureReason) == (other.SOPInstanceUID, 0x0111)
    assert [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence] == [good.SOPInstanceUID]
    with pytest.raises(HTTPError, match="409"):
        peer.store_instances([other])


def test_another_study_than_in_the_path(peer):
    with pytest.raises(HTTPError, match="409"):
        peer.store_instances([ct_image("astray", study="elsewhere", PatientID="STOW-3")], study_instance_uid=uid("study", "stow"))
    assert peer.search_for_studies(search_filters={"StudyInstanceUID": uid("study", "elsewhere")}) == []


@pytest.mark.filterwarnings("ignore:Incorrect value for Specific Character Set")
def test_a_real_file_of_several_fragments_goes_in(peer, shared_data):
    path = shared_data / "cine/us-echo-8-frames-jpeg-fragmented-no-bot.dcm"
    answer = peer.store_instances([dcmread(path)])
    assert len(answer.ReferencedSOPSequence) == 1


def test_without_a_token_nothing_goes_in(viewbox):
    body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + as_bytes(ct_image("anonymous", study="anonymous")) + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/related; type=application/dicom; boundary=b"}
    answer = requests.post(f"{viewbox.url}/dicomweb/studies", data=body, headers=headers, timeout=30)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["title"] == "Sign in first."
