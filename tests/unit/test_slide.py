"""Where the tiles of a slide level are (PS3.3 C.7.6.17.3)."""

import base64
from dataclasses import replace

import numpy as np

from tests.unit.image_records import MadeUpImage, record_of, records_of
from viewer.core.slide import levels_of
from viewer.core.tray import WHOLE_SLIDE, items_of_series


def level(columns, rows, frames, tile=256, number=1, organization="TILED_FULL", **facts):
    stated = {"TotalPixelMatrixColumns": columns, "TotalPixelMatrixRows": rows, "DimensionOrganizationType": organization}
    return MadeUpImage(
        f"1.{number}", WHOLE_SLIDE, instance_number=number, number_of_frames=frames, rows=tile, columns=tile, facts=stated | facts
    )


def sparse(positions):
    return {"TilePositions": base64.b64encode(np.array(positions, "<i4").tobytes()).decode()}


def test_a_full_level_runs_row_by_row():
    (grid,), notes = levels_of([level(1000, 600, 12)], [0])
    assert (grid.tiles_across, grid.tiles_down) == (4, 3)  # 1000/256 and 600/256, the last ones cut
    assert [grid.frame_index_of(*tile) for tile in [(0, 0), (3, 0), (0, 1), (3, 2)]] == [0, 3, 4, 11]
    assert [grid.frame_index_of(*tile) for tile in [(4, 0), (0, 3), (-1, 0)]] == [None, None, None]
    assert notes == []


def test_further_planes_and_paths_lie_behind_the_first_and_are_said_not_to_be_shown():
    (grid,), notes = levels_of([level(512, 512, 24, TotalPixelMatrixFocalPlanes=3, NumberOfOpticalPaths=2)], [0])
    assert grid.frame_index_of(1, 1) == 3
    assert notes == ["3 focal planes stored, the first shown", "2 optical paths stored, the first shown"]


def test_a_sparse_level_says_where_each_tile_is_and_what_was_never_stored():
    (grid,), notes = levels_of([level(768, 512, 3, organization="TILED_SPARSE", **sparse([[512, 256], [0, 0], [256, 0]]))], [0])
    assert [grid.frame_index_of(*tile) for tile in [(2, 1), (0, 0), (1, 0), (0, 1)]] == [0, 1, 2, None]
    assert notes == []


def test_sparse_tiles_off_the_grid_or_stored_twice_are_said():
    positions = sparse([[0, 0], [0, 0], [100, 0], [-1, -1]])
    (grid,), notes = levels_of([level(512, 256, 4, organization="TILED_SPARSE", **positions)], [0])
    assert (grid.frame_index_of(0, 0), grid.frame_index_of(1, 0)) == (0, None)
    assert notes == [
        "level 512 × 256: 2 tiles lie off the grid and are not shown",
        "level 512 × 256: 1 further planes or channels of tiles not shown",
    ]


def test_a_part_of_a_concatenation_shows_its_tiles_where_they_belong():
    parts = [level(1024, 512, 4, number=1, ConcatenationFrameOffsetNumber=offset) for offset in (4, 0)]
    parts = [replace(part, sop_instance_uid=f"1.{n}") for n, part in enumerate(parts, 1)]
    (grid,), _ = levels_of(parts[:1], [0])
    assert [grid.frame_index_of(*tile) for tile in [(0, 0), (3, 0), (0, 1), (3, 1)]] == [None, None, 0, 3]
    (grid,), notes = levels_of(parts, [0, 1])  # of several parts the first is shown
    assert (grid.image, grid.frame_index_of(0, 0), grid.frame_index_of(0, 1)) == (1, 0, None)
    assert notes[0] == "level 1024 × 512: 4 of 8 tiles absent"


def test_levels_are_sorted_and_the_lowest_instance_number_stands_for_a_size():
    images = [level(512, 512, 4, number=3), level(2048, 2048, 64, number=9), level(2048, 2048, 64, number=2)]
    grids, notes = levels_of(images, [0, 1, 2])
    assert [(grid.columns, grid.image) for grid in grids] == [(2048, 2), (512, 0)]
    assert notes == ["1 further image of the same size (channels or planes) not shown"]


def test_missing_tiles_and_an_unstated_order_are_said():
    _, notes = levels_of([level(1024, 512, 7)], [0])
    assert notes == ["level 1024 × 512: 1 of 8 tiles absent"]
    _, notes = levels_of([level(1024, 512, 8, organization="")], [0])
    assert notes == ["level 1024 × 512: tile order not stated, taken as row by row"]
    _, notes = levels_of([level(1024, 512, 8, organization="", **sparse([[-1, -1]] * 8))], [0])
    assert notes == ["level 1024 × 512: tile order not stated, taken as row by row"]


def test_an_image_without_a_total_matrix_is_one_tile():
    plain = replace(level(0, 0, 1), facts={})
    (grid,), notes = levels_of([plain], [0])
    assert (grid.columns, grid.rows, grid.frame_index_of(0, 0), notes) == (256, 256, 0, [])


# --- real files ---


def test_a_real_slide_with_three_channels_and_its_levels(shared_data):
    images = records_of(shared_data / "pathology" / "dicom-wsi-fluorescence-bpaec")
    item = items_of_series("SM", images)[0]
    grids, notes = levels_of(images, item.images)
    assert [(grid.columns, grid.rows, grid.number_of_frames) for grid in grids] == [
        (3072, 2304, 27), (1536, 1152, 12), (768, 576, 3), (384, 288, 3), (192, 144, 3), (96, 72, 3), (48, 36, 3), (24, 18, 3),
    ]  # fmt: skip
    assert grids[0].frame_index_of(2, 2) == 8  # nine tiles of the first channel, then the second's
    assert notes == ["3 optical paths stored, the first shown"]


def test_a_real_slide_that_states_places_instead_of_an_order(shared_data):
    (grid,), notes = levels_of([record_of(shared_data / "pathology" / "dicom-wsi-sparse-with-bot.dcm")], [0])
    assert grid.positions == {(0, 0): 0}
    assert notes == []
