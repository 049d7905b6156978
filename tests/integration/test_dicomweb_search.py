"""dicomweb-client, a peer that nobody here wrote, searches a live Viewbox with the small demo archive."""

import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import Dataset

from tests.server import ViewboxServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def peer(viewbox: ViewboxServer) -> DICOMwebClient:
    """A machine without departments, which sees all of them."""
    viewbox.create_user("search-peer", "service")
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {viewbox.token('search-peer')}"
    return DICOMwebClient(url=f"{viewbox.url}/dicomweb", session=session)


def data_sets(found) -> list[Dataset]:
    return [Dataset.from_json(one) for one in found]


def test_the_peer_finds_every_study_once_page_by_page(peer):
    everything = [study.StudyInstanceUID for study in data_sets(peer.search_for_studies())]
    assert len(everything) == len(set(everything)) > 3
    paged = [s.StudyInstanceUID for page in range(0, len(everything), 2) for s in data_sets(peer.search_for_studies(limit=2, offset=page))]
    assert paged == everything
    fetched = peer.search_for_studies(limit=2, get_remaining=True)
    assert [study.StudyInstanceUID for study in data_sets(fetched)] == everything


def test_counts_agree_with_what_is_found_below(peer):
    for study in data_sets(peer.search_for_studies()):
        series = data_sets(peer.search_for_series(study.StudyInstanceUID))
        instances = data_sets(peer.search_for_instances(study.StudyInstanceUID))
        assert len(series) == study.NumberOfStudyRelatedSeries
        assert len(instances) == study.NumberOfStudyRelatedInstances
        stated = study.ModalitiesInStudy
        assert {one.Modality for one in series} == ({stated} if isinstance(stated, str) else set(stated))
        for one in series:
            within = data_sets(peer.search_for_instances(study.StudyInstanceUID, one.SeriesInstanceUID))
            assert len(within) == one.NumberOfSeriesRelatedInstances
            numbers = [instance.InstanceNumber for instance in within if instance.InstanceNumber is not None]
            assert numbers == sorted(numbers)


def test_the_peer_filters(peer):
    (first, *_) = data_sets(peer.search_for_studies())
    by_name = peer.search_for_studies(search_filters={"PatientName": f"{first.PatientName.family_name[:3]}*"})
    assert first.StudyInstanceUID in {study.StudyInstanceUID for study in data_sets(by_name)}
    by_uid = data_sets(peer.search_for_studies(search_filters={"0020000D": first.StudyInstanceUID}))
    assert [study.StudyInstanceUID for study in by_uid] == [first.StudyInstanceUID]
    ct = data_sets(peer.search_for_series(search_filters={"Modality": "CT"}))
    assert ct
    assert {one.Modality for one in ct} == {"CT"}
    assert peer.search_for_studies(search_filters={"PatientID": "no such patient"}) == []


def test_fields_beyond_the_index_come_when_asked_for(peer):
    (ct, *_) = data_sets(peer.search_for_series(search_filters={"Modality": "CT"}))
    found = peer.search_for_instances(ct.StudyInstanceUID, ct.SeriesInstanceUID, fields=["SliceThickness", "00200032"])
    slices = data_sets(found)
    assert all(len(one.ImagePositionPatient) == 3 and one.SliceThickness > 0 for one in slices)


def test_nonsense_is_refused_and_strangers_stay_out(peer, viewbox):
    with pytest.raises(requests.HTTPError, match="400"):
        peer.search_for_studies(search_filters={"StudyDate": "tomorrow"})
    stranger = DICOMwebClient(url=f"{viewbox.url}/dicomweb")
    with pytest.raises(requests.HTTPError, match="401"):
        stranger.search_for_studies()
