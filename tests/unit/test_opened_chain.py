"""From a data set to what a page may offer: overlays, tables, shutter, subtraction, colour profile by name."""

import imagecodecs
from pydicom.dataset import Dataset

from archive.core.chain_facts import chain_facts
from tests.unit.test_description import item, pixels
from tests.unit.test_description_planes import with_overlay
from viewer.core.opened_chain import chain_of

NOTHING = {"overlays": [], "voi_luts": [], "shutter": False, "subtraction": None, "colour_profile": None}


def test_a_plain_image_offers_nothing():
    assert chain_facts(pixels()) == {}
    assert chain_of({}) == NOTHING


def test_what_an_image_has_is_offered_by_name():
    ds = with_overlay(with_overlay(pixels()), group=0x6002)
    ds.add_new(0x60001500, "LO", "Ruler")
    ds.VOILUTSequence = [item(LUTExplanation="BONE"), item()]
    ds.ShutterShape, ds.RecommendedViewingMode = "CIRCULAR", "SUB"
    ds.MaskSubtractionSequence = [item(MaskOperation="AVG_SUB")]
    ds.OpticalPathSequence = [item(), item(ICCProfile=bytes(imagecodecs.cms_profile("adobergb")))]
    assert chain_of(chain_facts(ds)) == {
        "overlays": ["Ruler", ""],
        "voi_luts": ["BONE", ""],
        "shutter": True,
        "subtraction": "recommended",
        "colour_profile": "Adobe RGB (compatible)",
    }


def test_subtraction_that_is_there_and_not_recommended():
    assert chain_of({"MaskOperations": ["NONE", "TID"], "RecommendedViewingMode": "NAT"})["subtraction"] == "available"
    assert chain_of({"MaskOperations": ["NONE"], "RecommendedViewingMode": "NAT"})["subtraction"] is None


def test_shutters_of_enhanced_angiograms_and_profiles_without_a_name():
    group = item(FrameDisplayShutterSequence=[item(ShutterShape="RECTANGULAR")])
    assert chain_of(chain_facts(pixels(SharedFunctionalGroupsSequence=[group])))["shutter"]
    assert chain_of(chain_facts(pixels(ICCProfile=bytes(200))))["colour_profile"] == "ICC"


def test_damaged_values_are_nothing():
    ds = Dataset()
    ds.add_new(0x60000010, "US", 4)
    ds.add_new(0x60001500, "UN", b"\xff\xfe")
    ds.add_new(0x00282000, "UN", b"")
    assert chain_facts(ds) == {"OverlayLabels": [""]}
