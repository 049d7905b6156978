"""The anatomy of the demo CT: a chest with the upper abdomen, as shapes in patient space (LPS, mm) with their HU.

x grows to the patient's left, y to the back, z to the head; z = 0 is the level of the carina. Shapes are simple bodies in a
gently bent space, so that nothing looks ruled; edges are one voxel wide, as partial volume makes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from demo.trees import Tubes, grow, joined, path, spread

ANGLES = 720  # samples of an outline around the body
RIBS = 12

# Hounsfield units
AIR, LUNG, FAT, MUSCLE, BLOOD, CARTILAGE = -1000.0, -865.0, -102.0, 55.0, 300.0, 110.0
MYOCARDIUM, LIVER, SPLEEN, KIDNEY = 105.0, 112.0, 122.0, 185.0
MARROW, CORTEX, FLUID = 210.0, 820.0, 12.0
LESION = 42.0
LESION_CENTRE_MM = (-74.0, -16.0, 22.0)  # right upper lobe


@dataclass(frozen=True, slots=True)
class Ellipsoids:
    """Solid bodies: centre and semi-axes (n, 3) mm, turn (n, 3, 3) patient -> own axes, value (n,) HU.

    place: 0 anywhere, 1 only in the abdominal cavity, 2 only above the diaphragm, 3 as 1 and only above a fluid level.
    """

    centre: NDArray[np.float64]
    axes: NDArray[np.float64]
    turn: NDArray[np.float64]
    value: NDArray[np.float64]
    place: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Outlines:
    """Radii (mm) around the body axis at one z, by angle (0 = back, +pi/2 = left, pi = front)."""

    body: NDArray[np.float64]
    cavity: NDArray[np.float64]
    muscle: NDArray[np.float64]
    breast: NDArray[np.float64]


def _between(z: float, table: Sequence[tuple[float, float]]) -> float:
    return float(np.interp(z, [row[0] for row in table], [row[1] for row in table]))


def _superellipse(angle: NDArray[np.float64], half_width: float, half_depth: float, power: float) -> NDArray[np.float64]:
    return np.asarray((np.abs(np.sin(angle) / half_width) ** power + np.abs(np.cos(angle) / half_depth) ** power) ** (-1 / power))


BODY_WIDTH = [(-260, 157), (-180, 158), (-100, 163), (-30, 166), (40, 164), (80, 152), (110, 138)]
BODY_DEPTH = [(-260, 106), (-180, 108), (-100, 110), (-30, 110), (40, 103), (80, 92), (110, 84)]
CAVITY_WIDTH = [(-260, 117), (-180, 124), (-100, 129), (-40, 126), (10, 115), (45, 100), (70, 80), (90, 58), (110, 36)]
CAVITY_DEPTH = [(-260, 79), (-180, 83), (-100, 86), (-40, 84), (10, 76), (45, 67), (70, 57), (90, 46), (110, 34)]


def outlines(z: float) -> Outlines:
    """Return the outlines at height z."""
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    folded = np.minimum(angle, 2 * np.pi - angle)  # both sides alike
    body = _superellipse(angle, _between(z, BODY_WIDTH), _between(z, BODY_DEPTH), 2.35)
    breast = 19 * np.exp(-(((folded - np.pi + 0.70) / 0.32) ** 2) - ((z + 52) / 42) ** 2)
    body += breast
    body -= 4 * np.exp(-((folded / 0.13) ** 2))  # the furrow over the spine
    body += 2.0 * np.sin(3 * angle + 0.4 + z / 70) + 1.2 * np.sin(5 * angle + z / 50)
    cavity = _superellipse(angle, _between(z, CAVITY_WIDTH), _between(z, CAVITY_DEPTH), 2.25)
    cavity += 1.2 * np.sin(2 * angle + 1.0 + z / 90)
    back = 30 * np.exp(-((folded / 0.52) ** 2))
    shoulder = 32 * np.exp(-(((folded - 0.85) / 0.42) ** 2)) / (1 + np.exp(-(z + 45) / 14))
    pectoral = 17 * np.exp(-(((folded - np.pi + 0.62) / 0.42) ** 2)) / (1 + np.exp(-(z + 12) / 12))
    flank = 11 * np.exp(-(((folded - 1.5) / 0.7) ** 2))
    belly = 9 / (1 + np.exp((z + 175) / 10)) * np.exp(-(((folded - 2.5) / 0.9) ** 2))
    girdle = 44 * np.exp(-(((folded - 1.6) / 0.85) ** 2)) / (1 + np.exp(-(z - 62) / 10))
    muscle = 13 + np.maximum.reduce([back, shoulder, pectoral, flank, belly, girdle])
    return Outlines(body, cavity, muscle, breast)


def rib_table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each rib and half-angle (0 = back, pi = front): its height z (mm), and what it is there (2 bone, 1 cartilage, 0 none)."""
    half = np.linspace(0, np.pi, ANGLES // 2 + 1)
    height, kind = np.zeros((RIBS, half.size)), np.zeros((RIBS, half.size))
    drops = [24, 40, 52, 60, 66, 70, 72, 72, 70, 62, 48, 32]
    ends = [2.35, 2.45, 2.45, 2.42, 2.40, 2.36, 2.30, 2.22, 2.12, 2.0, 1.45, 1.05]
    for rib, (drop, end) in enumerate(zip(drops, ends, strict=True)):
        share = np.clip((half - 0.40) / (end - 0.40), 0, None)
        height[rib] = vertebra_height(rib) + 6 - drop * np.where(share < 1, 0.5 - 0.5 * np.cos(np.pi * np.minimum(share, 1)), 1.0)
        beyond = np.clip(half - end, 0, None)
        height[rib] += beyond * (10 + 7 * rib if rib < 10 else 0)  # cartilage climbs to the sternum
        kind[rib] = np.where(half < 0.36, 0, np.where(half < end, 2, 1 if rib < 10 else 0))
        if rib in (7, 8, 9):
            kind[rib][half > 2.75] = 0
    return height, kind


def vertebra_height(index: int) -> float:
    """Return the z (mm) of the middle of vertebra T(index + 1)."""
    return 92.0 - 23.0 * index - 0.28 * index**2


def spine_y(z: float) -> float:
    """Return the y (mm) of the middle of the vertebral bodies at height z."""
    return _between(z, [(-260, 40), (-200, 46), (-120, 54), (-40, 59), (20, 57), (70, 46), (110, 36)])


def vertebrae() -> tuple[Ellipsoids, Tubes]:
    """Return the arches, processes and rib heads of all vertebrae as tubes, and the joints' facets as small bodies."""
    tubes, facets = [], []
    for index in range(15):
        z = vertebra_height(index)
        y, wide, deep = spine_y(z), 12.5 + 0.55 * index, 10.0 + 0.42 * index
        canal = y + deep + 8.5
        for side in (-1.0, 1.0):
            tubes.append(path([(side * 10.5, y + deep - 2, z + 4, 4.0), (side * 11.5, canal + 1, z + 3, 3.8)], CORTEX))  # pedicle
            tubes.append(path([(side * 11.5, canal + 1, z + 2, 3.2), (side * 1.0, canal + 11, z - 6, 3.4)], CORTEX))  # lamina
            reach = 29 if index < 11 else 36
            tubes.append(path([(side * 12, canal + 2, z + 2, 4.0), (side * reach, canal + 6, z + 4, 4.2)], CORTEX))  # transverse process
            if index < 12:  # head and neck of the rib
                head = [
                    (side * (wide + 1), y + deep * 0.35, z + 9, 4.6),
                    (side * 24, canal - 3, z + 8, 3.6),
                    (side * 35, canal + 1, z + 6, 4.2),
                ]
                tubes.append(path(head, CORTEX))
            facets.append((side * 11.0, canal + 5, z - 9, 3.8, 4.5, 7.0))
        tail = 9 if index < 10 else 11
        tubes.append(path([(0, canal + 11, z - 5, 3.4), (0, canal + 11 + tail, z - (24 if index < 9 else 12), 3.0)], CORTEX, step_mm=4))
    bodies = ellipsoids([(row, CORTEX, 0, None) for row in facets])
    return bodies, joined(*tubes)


def ellipsoids(rows: list[tuple[tuple[float, float, float, float, float, float], float, int, NDArray[np.float64] | None]]) -> Ellipsoids:
    """Pack rows of ((x, y, z, semi-axes), HU, place, turn or None)."""
    return Ellipsoids(
        np.array([row[0][:3] for row in rows], dtype=float),
        np.array([row[0][3:] for row in rows], dtype=float),
        np.array([np.eye(3) if row[3] is None else row[3] for row in rows], dtype=float),
        np.array([row[1] for row in rows], dtype=float),
        np.array([row[2] for row in rows], dtype=np.int64),
    )


def _axes_along(direction: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return a turn whose first own axis points along direction."""
    first = np.array(direction) / np.linalg.norm(direction)
    second = np.cross(first, [0.0, 0.0, 1.0])
    second /= np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)])


HEART_AXIS = _axes_along((0.66, -0.52, -0.54))
HEART_SHAPE = (20.0, -32.0, -78.0, 64.0, 50.0, 46.0)  # with its fat; the lungs keep out of it


def heart() -> Ellipsoids:
    """Return walls and chambers, outer first; the pericardial fat is what HEART_SHAPE leaves around them."""
    turn = HEART_AXIS
    return ellipsoids(
        [
            ((24.0, -31.0, -80.0, 57.0, 44.0, 40.0), MYOCARDIUM, 2, turn),
            ((-24.0, -26.0, -72.0, 24.0, 27.0, 31.0), MYOCARDIUM, 2, None),
            ((6.0, 6.0, -52.0, 33.0, 21.0, 22.0), MYOCARDIUM, 2, None),
            ((-25.0, -26.0, -72.0, 21.5, 24.5, 28.5), 245.0, 2, None),  # right atrium
            ((6.0, 6.5, -52.0, 31.0, 19.0, 20.0), 292.0, 2, None),  # left atrium
            ((7.0, -49.0, -80.0, 33.0, 20.0, 25.0), 255.0, 2, _axes_along((0.75, -0.35, -0.55))),  # right ventricle
            ((36.0, -22.0, -80.0, 40.0, 20.0, 22.0), 302.0, 2, turn),  # left ventricle
            ((14.0, -40.0, -77.0, 30.0, 4.5, 24.0), MYOCARDIUM, 2, _axes_along((0.78, -0.42, -0.46))),  # septum
            ((44.0, -14.0, -88.0, 9.0, 4.5, 5.0), 120.0, 2, turn),  # papillary muscles
            ((48.0, -34.0, -93.0, 9.0, 4.0, 5.0), 120.0, 2, turn),
        ]
    )


def great_vessels() -> Tubes:
    """Return the contrast-filled vessels of the mediastinum and the abdomen; arteries about 300 HU, veins by their filling."""
    aorta = path(
        [
            (6, -20, -52, 14.5), (-8, -26, -36, 15.0), (-15, -26, -12, 15.0), (-13, -20, 10, 14.5), (-6, -9, 26, 14.0),
            (8, 8, 31, 13.5), (20, 24, 26, 13.0), (26, 36, 10, 12.5), (26, 41, -20, 12.0), (22, 40, -80, 11.8),
            (12, 32, -140, 11.2), (6, 20, -200, 10.2), (4, 12, -268, 9.4),
        ],
        BLOOD,
        step_mm=3,
    )  # fmt: skip
    trunk = path(
        [(14, -50, -52, 14), (16, -42, -30, 14), (15, -28, -12, 13.5), (18, -12, -8, 12.5), (34, 2, -8, 10.5), (46, 10, -10, 9)], 285
    )
    right_pulmonary = path([(16, -16, -9, 12), (2, -8, -14, 11.5), (-18, -4, -17, 11), (-40, 2, -18, 9.5), (-48, 6, -20, 8.5)], 285)
    cava = path([(-24, -20, -50, 10.5), (-25, -16, -20, 10), (-25, -14, 20, 9.5), (-20, -20, 44, 9)], 345)
    brachiocephalic = path([(-20, -20, 44, 8.5), (0, -32, 50, 7.5), (24, -30, 62, 7), (32, -20, 84, 6.5), (34, -16, 112, 6.5)], 330)
    jugular = path([(-20, -20, 44, 8), (-26, -20, 66, 7.5), (-30, -14, 112, 7)], 335)
    arteries = [
        path([(-9, -10, 30, 7), (-16, -8, 48, 6.5), (-24, -4, 70, 6), (-26, 0, 112, 4.5)], BLOOD),
        path([(4, 2, 34, 5), (10, 0, 56, 4.5), (18, 2, 112, 4.2)], BLOOD),
        path([(14, 14, 34, 6), (22, 14, 56, 5.5), (28, 12, 80, 5.5), (40, 6, 112, 5)], BLOOD),
        path([(7, 19, -178, 5), (6, 2, -183, 4.5), (-14, -4, -184, 3.5), (-34, -6, -178, 3)], 280),  # coeliac trunk
        path([(5, 15, -192, 4.5), (5, -2, -206, 4.0), (6, -8, -268, 3.5)], 280),
        path([(5, 13, -206, 4), (34, 30, -214, 3.4), (52, 42, -215, 3)], 275),
        path([(3, 13, -206, 4), (-30, 32, -226, 3.4), (-50, 44, -232, 3)], 275),
        path([(26, -30, -54, 2.2), (44, -40, -62, 1.9), (62, -56, -84, 1.6), (66, -60, -110, 1.2)], 290),  # coronary arteries
        path([(-12, -38, -54, 2.0), (-24, -52, -66, 1.8), (-26, -52, -92, 1.6), (-6, -46, -112, 1.2)], 290),
    ]
    veins = [
        path([(-26, -22, -92, 11.5), (-26, -6, -116, 12), (-25, 10, -150, 12), (-22, 20, -200, 11.5), (-18, 18, -268, 11)], 165),
        path([(-22, 22, -212, 6), (-52, 42, -230, 4.5)], 165),
        path([(12, 22, -214, 5), (50, 40, -214, 4.5)], 165),
        path([(30, 4, -198, 5), (4, -2, -200, 6), (-24, -4, -186, 7), (-44, -8, -172, 6)], 172),  # portal vein
    ]
    pulmonary_veins = [
        path([(36, 8, -44, 6.5), (52, 14, -38, 5.5)], 288),
        path([(34, 12, -60, 6.5), (50, 20, -66, 5.5)], 288),
        path([(-24, 6, -44, 6.5), (-44, 6, -38, 5.5)], 288),
        path([(-22, 12, -60, 6.5), (-42, 18, -66, 5.5)], 288),
    ]
    return joined(*veins, trunk, right_pulmonary, cava, brachiocephalic, jugular, *arteries, *pulmonary_veins, aorta)


def airways() -> tuple[Tubes, Tubes]:
    """Return the central airways: (walls, lumina)."""
    ways = [
        [(0, 12, 112, 9.0), (0, 16, 50, 9.0), (1, 20, 14, 9.0), (1, 21, 2, 9.5)],
        [(0, 21, 4, 8.5), (-14, 20, -12, 7.6), (-30, 17, -26, 6.8), (-40, 16, -34, 5.6)],
        [(2, 21, 4, 7.8), (18, 21, -14, 6.6), (34, 20, -28, 6.0), (44, 20, -36, 5.0)],
        [(-27, 17, -23, 5.0), (-42, 10, -14, 4.4), (-54, 2, -4, 3.2)],
    ]
    walls = [path([(x, y, z, radius + 1.6) for x, y, z, radius in way], 20.0, step_mm=4) for way in ways]
    return joined(*walls), joined(*[path([(x, y, z, radius) for x, y, z, radius in way], -985.0, step_mm=4) for way in ways])


def gullet() -> Tubes:
    """Return the oesophagus down to the stomach."""
    return path([(4, 32, 112, 6.5), (6, 37, 20, 7), (8, 36, -40, 7.5), (10, 30, -100, 8), (20, 16, -138, 9)], 40.0)


def abdomen() -> tuple[Ellipsoids, Tubes]:
    """Return spleen, kidneys, stomach, gall bladder, pancreas and bowel; the liver is shaped by the painter."""
    solid = ellipsoids(
        [
            ((98.0, 34.0, -162.0, 26.0, 44.0, 48.0), SPLEEN, 1, None),
            ((-56.0, 44.0, -232.0, 26.0, 24.0, 52.0), KIDNEY, 1, None),
            ((-50.0, 42.0, -232.0, 13.0, 11.0, 30.0), -60.0, 1, None),
            ((58.0, 42.0, -218.0, 26.0, 24.0, 52.0), KIDNEY, 1, None),
            ((52.0, 40.0, -218.0, 13.0, 11.0, 30.0), -60.0, 1, None),
            ((54.0, -20.0, -160.0, 44.0, 42.0, 42.0), 62.0, 1, None),  # stomach wall
            ((54.0, -20.0, -160.0, 40.0, 38.0, 38.0), 22.0, 1, None),
            ((54.0, -20.0, -160.0, 40.0, 38.0, 38.0), -970.0, 3, None),
            ((-42.0, -52.0, -205.0, 15.0, 17.0, 24.0), 8.0, 1, None),  # gall bladder
            ((-9.0, 34.0, -150.0, 7.0, 9.0, 50.0), 60.0, 1, None),  # crura of the diaphragm
            ((24.0, 40.0, -150.0, 6.0, 9.0, 50.0), 60.0, 1, None),
            ((-32.0, 52.0, -262.0, 16.0, 15.0, 50.0), 58.0, 1, None),  # psoas
            ((32.0, 52.0, -262.0, 16.0, 15.0, 50.0), 58.0, 1, None),
        ]
    )
    colon = [
        (-86, -20, -268, 20),
        (-84, -34, -238, 19),
        (-46, -62, -232, 17),
        (10, -68, -240, 17),
        (62, -60, -226, 17),
        (92, -18, -206, 17),
    ]
    loops = [
        path(colon, 45.0),
        path([(x, y, z, radius - 4) for x, y, z, radius in colon], -30.0),
        path([(16, -30, -250, 12), (44, -42, -256, 12), (70, -14, -262, 13), (34, -6, -268, 12)], 55.0),
        path([(-14, -40, -258, 12), (-40, -30, -262, 13), (-22, -10, -268, 12)], 55.0),
        path([(28, -34, -222, 13), (60, -30, -232, 14), (84, -6, -240, 13), (92, 12, -256, 13), (88, 18, -268, 13)], 50.0),
        path([(28, -34, -222, 10), (60, -30, -232, 11), (84, -6, -240, 10), (92, 12, -256, 10), (88, 18, -268, 10)], 22.0),
        path([(-2, -52, -214, 12), (22, -56, -208, 13), (44, -58, -196, 12)], 58.0),
        path([(-4, -18, -246, 11), (20, -8, -240, 12), (46, 2, -248, 11)], 60.0),
        path([(-26, 4, -206, 12), (-6, -4, -204, 10), (22, 4, -200, 9.5), (58, 18, -190, 9), (80, 24, -180, 8)], 92.0),  # pancreas
    ]
    return solid, joined(*loops)


def shoulder_bones() -> Tubes:
    """Return the clavicles."""
    return joined(
        *[
            path([(side * 20, -60, 52, 7), (side * 55, -62, 66, 5.5), (side * 92, -44, 88, 5.5), (side * 118, -26, 112, 6)], CORTEX)
            for side in (-1, 1)
        ]
    )


def lung_trees(right: NDArray[np.float64], left: NDArray[np.float64], *, ends: int, seed: int) -> tuple[Tubes, Tubes, Tubes]:
    """Return (vessels, airway walls, airway lumina) of both lungs. right, left: points (n, 3) mm inside each lung."""
    vessels, walls, lumina = [], [], []
    roots = [
        (right, (-46.0, 8.0, -22.0), (-46.0, 14.0, -46.0), (-40.0, 16.0, -34.0)),
        (left, (46.0, 11.0, -14.0), (48.0, 17.0, -48.0), (44.0, 20.0, -36.0)),
    ]
    for side, (points, artery_root, vein_root, airway_root) in enumerate(roots):
        tips = spread(points, ends, seed=seed + 10 * side)
        vessels.append(grow(artery_root, tips, tip_radius_mm=0.55, value=235.0, seed=seed + 1 + 10 * side))
        tips = spread(points, ends * 3 // 4, seed=seed + 3 + 10 * side)
        vessels.append(grow(vein_root, tips, tip_radius_mm=0.55, value=235.0, seed=seed + 4 + 10 * side))
        # airways are seen in the inner two thirds of a lung only
        inner = points[np.linalg.norm((points - np.array(airway_root)) * [1.0, 0.9, 0.75], axis=1) < 62]
        tips = spread(inner, 46, seed=seed + 6 + 10 * side)
        tree = grow(airway_root, tips, tip_radius_mm=0.8, value=-985.0, seed=seed + 7 + 10 * side, thrift=0.5)
        lumina.append(tree)
        thick = 0.5 + 0.16 * tree.start_radius
        walls.append(Tubes(tree.start, tree.end, tree.start_radius + thick, tree.end_radius + thick, np.full(len(tree), -150.0)))
    return joined(*vessels), joined(*walls), joined(*lumina)


@lru_cache(maxsize=4)
def lesion_radius_mm(volume_mm3: float) -> float:
    """Return the base radius for which the lesion's lobed surface (see lesion_lobes) encloses volume_mm3."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, 400), np.linspace(0, 2 * np.pi, 800, endpoint=False), indexing="ij")
    direction = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)])
    factor = 1 + 0.10 * np.sin(4 * direction[0] + 3 * direction[1]) + 0.08 * np.cos(6 * direction[1] - 5 * direction[2] + 1)
    integral = (factor**3 / 3 * np.sin(polar)).sum() * (np.pi / 399) * (2 * np.pi / 800)
    return float((volume_mm3 / integral) ** (1 / 3))
