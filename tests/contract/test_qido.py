"""QIDO-RS over HTTP (PS3.18 10.6): routes, required attributes, warnings, refusals."""

import pytest
from django.test import Client

from archive.services.ingest import IncomingFile, store_instances
from governance.core.policy import operator
from tests.small_objects import as_bytes, ct_image, uid

pytestmark = pytest.mark.django_db(transaction=True)

STUDY, SERIES = uid("study", "study"), uid("series", "study")
# Tables 10.6.3-3, -4 and -5: what an answer at each level always has; "vr" alone where the object had no value.
STUDY_TAGS = "00080020 00080030 00080050 00080056 00080061 00080090 00100010 00100020 00100030 00100040 0020000D 00200010 00201206 00201208"
SERIES_TAGS = "00080060 0008103E 0020000E 00200011 00201209"
INSTANCE_TAGS = "00080016 00080018 00200013 00280010 00280011 00280008"


@pytest.fixture
def stored(transactional_db: None) -> None:
    """A CT study of two series, three instances; another study of a department that nobody here is in."""
    datasets = [
        ct_image(1, InstanceNumber=1, SeriesNumber=1, StudyDate="20250110", StudyTime="1015", NumberOfFrames=1),
        ct_image(2, InstanceNumber=2, SeriesNumber=1, StudyDate="20250110", StudyTime="1015"),
        ct_image(3, series="report", Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", PixelData=None, Rows=None, Columns=None),
    ]
    store_instances(actor=operator(), files=[IncomingFile(data=as_bytes(d), source="t") for d in datasets], department="radiology")
    hidden = ct_image("hidden", study="hidden", PatientName="Hidden^Person")
    store_instances(actor=operator(), files=[IncomingFile(data=as_bytes(hidden), source="t")], department="neurology")


def ask(actor, path, **headers):
    return actor.client().get(f"/dicomweb{path}", headers=headers)


def value(data_set, tag):
    return data_set[tag].get("Value", [None])[0]


@pytest.mark.parametrize(
    ("path", "count", "tags"),
    [
        ("/studies", 1, STUDY_TAGS),
        ("/series", 2, STUDY_TAGS + " " + SERIES_TAGS),
        ("/instances", 3, STUDY_TAGS + " " + SERIES_TAGS + " 00080016 00080018 00200013"),
        (f"/studies/{STUDY}/series", 2, SERIES_TAGS),
        (f"/studies/{STUDY}/instances", 3, SERIES_TAGS + " 00080016 00080018 00200013"),
        (f"/studies/{STUDY}/series/{SERIES}/instances", 2, INSTANCE_TAGS),
    ],
)
def test_every_resource_answers_with_its_required_attributes(stored, alice, path, count, tags):
    response = ask(alice, path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/dicom+json")
    found = response.json()
    assert len(found) == count
    for data_set in found:
        assert set(tags.split()) <= data_set.keys()
        assert list(data_set) == sorted(data_set)
        assert all(set(element) <= {"vr", "Value"} for element in data_set.values())


def test_values_of_a_study(stored, alice):
    (study,) = ask(alice, "/studies?PatientID=P-1").json()
    assert study["00080061"] == {"vr": "CS", "Value": ["CT", "SR"]}
    assert study["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Synthetic^Sam"}]}
    assert (study["00201206"], study["00201208"]) == ({"vr": "IS", "Value": [2]}, {"vr": "IS", "Value": [3]})
    assert study["00080050"] == {"vr": "SH"}  # no accession number
    assert value(study, "00080056") == "ONLINE"
    assert value(study, "00081190") == f"http://testserver/dicomweb/studies/{STUDY}"


def test_urls_lead_to_series_and_instances(stored, alice):
    (first, *_) = ask(alice, f"/studies/{STUDY}/series/{SERIES}/instances").json()
    assert value(first, "00081190") == f"http://testserver/dicomweb/studies/{STUDY}/series/{SERIES}/instances/{uid('instance', 1)}"


def test_limit_offset_and_order(stored, alice):
    def numbers(query):
        return [value(one, "00080018") for one in ask(alice, f"/studies/{STUDY}/instances?{query}").json()]

    everything = numbers("")
    assert sorted(everything) == sorted(uid("instance", n) for n in (1, 2, 3))
    assert [*numbers("limit=2"), *numbers("limit=2&offset=2")] == everything


def test_nothing_found_is_an_empty_list(stored, alice):
    response = ask(alice, "/studies?PatientID=nobody")
    assert (response.status_code, response.json()) == (200, [])


@pytest.mark.parametrize(
    "query", ["limit=-1", "offset=x", "StudyDate=tomorrow", "StudyInstanceUID=1.x", "NoSuch=1", "PatientID=1&PatientID=2", "PatientID=%00"]
)
def test_nonsense_is_400_with_a_sentence(stored, alice, query):
    response = ask(alice, f"/studies?{query}")
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")
    assert response.json()["title"] == "The request cannot be understood."


def test_a_uid_in_the_path_is_not_given_again(stored, alice):
    assert ask(alice, f"/studies/{STUDY}/series?StudyInstanceUID={STUDY}").status_code == 400


def test_what_is_not_supported_is_warned_of(stored, alice):
    response = ask(alice, "/studies?PatientComments=x&fuzzymatching=true")
    assert response.status_code == 200
    assert response.headers["Warning"] == (
        '299 http://testserver/dicomweb "Matching on PatientComments is not supported at this level. It has been ignored.", '
        '299 http://testserver/dicomweb "The fuzzymatching parameter is not supported. Only literal matching has been performed."'
    )
    assert "Warning" not in ask(alice, "/studies").headers


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/dicom+json", 200),
        ("application/json", 200),
        ("*/*", 200),
        ("application/dicom+xml;q=0.5, application/dicom+json;q=0.9", 200),
        ("application/dicom+json, multipart/related; type=application/octet-stream; transfer-syntax=*", 200),
        ('multipart/related; type="application/dicom+xml"', 406),
        ("application/dicom+json;q=0", 406),
        ("text/html", 406),
    ],
)
def test_dicom_json_or_406(stored, alice, accept, status):
    assert ask(alice, "/studies", accept=accept).status_code == status


def test_the_accept_parameter_goes_before_the_header(stored, alice):
    assert ask(alice, "/studies?accept=application/dicom%2Bjson", accept="text/html").status_code == 200
    assert ask(alice, "/studies?accept=text/html", accept="*/*").status_code == 406


def test_charlie_finds_nothing_and_his_404_is_that_of_the_unknown(stored, charlie):
    assert [ask(charlie, path).json() for path in ("/studies", "/series", "/instances")] == [[], [], []]
    hidden = uid("study", "hidden")
    for path in ("/studies/{}/series", "/studies/{}/instances", "/studies/{}/series/1.2.3/instances"):
        forbidden, unknown = ask(charlie, path.format(hidden)), ask(charlie, path.format("1.2.3.4"))
        assert (forbidden.status_code, unknown.status_code) == (404, 404)
        assert forbidden.json()["title"] == unknown.json()["title"] == "Not found."


def test_a_series_that_is_not_of_the_study_is_not_found(stored, alice):
    assert ask(alice, f"/studies/{STUDY}/series/{uid('series', 'hidden')}/instances").status_code == 404


def test_a_search_within_a_study_that_matches_nothing_is_empty_not_404(stored, alice):
    response = ask(alice, f"/studies/{STUDY}/series?Modality=MR")
    assert (response.status_code, response.json()) == (200, [])


def test_nobody_is_asked_to_sign_in(stored):
    response = Client().get("/dicomweb/studies")
    assert response.status_code == 401
    assert "Synthetic" not in response.content.decode()


def test_only_reading(stored, alice):
    for method in ("post", "put", "delete"):
        assert getattr(alice.client(), method)(f"/dicomweb/studies/{STUDY}/series").status_code == 405
