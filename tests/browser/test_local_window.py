"""The 16-bit lane in Chromium: levels that the page's worker makes of stored values are the server's, for any window.

The harness talks to the built worker itself, as the page does. For each window it takes the picture that the worker makes, and the
digest that the server gives of its own lossless picture of the same view (which the worker checks against that picture).
"""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Window
from tests.browser.windowed_study import KINDS, series_of, write_study
from tests.server import ViewboxServer

SEED = 11
WINDOWS = 14
HARNESS = """async ({ url, series, windows }) => {
    const worker = new Worker(url, { type: 'module' });
    const waiting = [];
    worker.onmessage = ({ data }) => {
        if (data.kind === 'fault' || data.kind === 'broken') throw new Error(JSON.stringify(data));
        for (const one of [...waiting]) if (one.isIt(data)) { waiting.splice(waiting.indexOf(one), 1); one.resolve(data); }
    };
    const heard = (isIt) => new Promise((resolve) => waiting.push({ isIt, resolve }));
    const say = (message) => worker.postMessage(message);
    const open = heard((one) => one.kind === 'connection' && one.state === 'open');
    say({ kind: 'connect', url: location.origin.replace('http', 'ws') + '/ws/stream' });
    await open;
    const isOpened = heard((one) => one.kind === 'opened');
    say({ kind: 'subscribe', viewport: 1, epoch: 1, target: { series_instance_uid: series } });
    const { opened } = await isOpened;
    let sequence = 0;
    const ask = async (change, isPassing) => {
        sequence += 1;
        const mine = sequence;
        const came = heard((one) => one.kind === 'picture' && one.header.sequence === mine);
        const view = { window: null, invert: false, size: null, codec: 'jpeg', quality: 60, ...change };
        say({ kind: 'view', viewport: 1, sequence: mine, index: 0, view, isPassing });
        return came;
    };
    // A hand begins to move: the server's pictures, until the values are here.
    let begun = 0;
    for (const start = performance.now(); performance.now() - start < 8000; begun += 1) {
        const { header, bitmap } = await ask({ window: [100 + begun, 500] }, true);
        bitmap.close();
        if (header.codec === 'values') break;
    }
    const digestOf = async (bitmap) => {
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true });
        context.drawImage(bitmap, 0, 0);
        const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
        if (pixels.some((sample, at) => sample !== (at % 4 === 3 ? 255 : pixels[at - at % 4]))) return 'not grey';
        const levels = pixels.filter((_, at) => at % 4 === 0);
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', levels));
        return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    };
    const rows = [];
    for (const change of windows) {
        const here = await ask(change, true);
        const there = await ask({ ...change, codec: 'png' }, false);
        rows.push({
            made: [here.header.codec, there.header.codec], proofs: [here.proof, there.proof],
            windows: [here.header, there.header].map(({ windowCenter, windowWidth, inverted }) => [windowCenter, windowWidth, inverted]),
            here: await digestOf(here.bitmap), there: there.header.levelsDigest,
        });
    }
    worker.terminate();
    return { offered: opened.values, rows };
}"""


@pytest.fixture(scope="module")
def windowed(viewbox: ViewboxServer, tmp_path_factory: pytest.TempPathFactory) -> ViewboxServer:
    """The server of the demo archive, with the study of windowed_study besides."""
    folder: Path = tmp_path_factory.mktemp("windowed")
    write_study(folder)
    viewbox.manage("import_folder", str(folder), "--department", "radiology")
    return viewbox


def random_views(chance: random.Random) -> list[dict[str, Any]]:
    """Windows as hands, presets and other software make them; the image's own; each may be inverted."""
    views: list[dict[str, Any]] = [{"window": None}, {"window": None, "invert": True}, {"window": [40, 400]}, {"window": [0, 1]}]
    while len(views) < WINDOWS:
        width = chance.choice([chance.randint(1, 4000), chance.uniform(0.2, 3), chance.uniform(1, 70_000), chance.uniform(1, 300)])
        center = chance.choice([chance.randint(-1500, 3000), chance.uniform(-2000, 50_000)])
        views.append({"window": [center, width], "invert": chance.random() < 0.4})
    return views


@pytest.mark.usefixtures("windowed")
def test_local_levels_are_the_servers_level_for_level(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    chance = random.Random(SEED)
    for kind in KINDS:
        asked = {"url": desk.page.workers[0].url, "series": series_of(kind), "windows": random_views(chance)}
        result = desk.page.evaluate(HARNESS, asked)
        assert result["offered"] is True, kind
        for view, row in zip(asked["windows"], result["rows"], strict=True):
            assert row["made"] == ["values", "png"], (kind, view)
            assert row["proofs"] == ["matches", "matches"], (kind, view)
            assert row["here"] == row["there"], (kind, view)
            assert row["windows"][0] == row["windows"][1], (kind, view)


def test_S05_a_drag_is_lossless_here_once_its_values_are_and_the_servers_at_rest(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    desk.await_header("codec", "png")
    before = desk.pane()["header"]
    x, y = desk.middle()
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    for step in range(1, 400):
        desk.page.mouse.move(x + step % 200, y)
        if desk.pane()["header"]["codec"] == "values":
            break
    moving = desk.pane()["header"]
    assert moving["codec"] == "values"
    assert moving["fidelity"] == "lossless"
    assert [moving[name] for name in ("instanceDigest", "frameNumber", "index", "epoch")] == [
        before[name] for name in ("instanceDigest", "frameNumber", "index", "epoch")
    ]
    assert moving["windowWidth"] != before["windowWidth"]
    desk.page.mouse.up()
    desk.await_header("codec", "png")
    assert desk.pane()["header"]["fidelity"] == "lossless"
