"""Kernels that paint one axial slice of the demo chest: Hounsfield units from the shapes of demo.chest.

Every paint is "value over what is there", with a coverage from the signed distance to the edge, so that partial volume is right.
Slices are (rows, columns) float32; x[column] and y[row] are patient mm; bent: (3, rows, columns) is patient space gently bent.
"""

import math

import numpy as np
from numpy.typing import NDArray

from demo.kernel import compiled

Plane = NDArray[np.float32]
Values = NDArray[np.float64]

NOWHERE, RIGHT_LUNG, LEFT_LUNG, LIVER_REGION = 0, 1, 2, 3


@compiled
def lookup(noise: NDArray[np.float32], x: float, y: float, z: float) -> float:
    """Interpolate periodic noise (64, 64, 64) at a position in samples."""
    fx, fy, fz = math.floor(x), math.floor(y), math.floor(z)
    u, v, w = x - fx, y - fy, z - fz
    i, j, k = int(fx) & 63, int(fy) & 63, int(fz) & 63
    i1, j1, k1 = (i + 1) & 63, (j + 1) & 63, (k + 1) & 63
    near = (noise[i, j, k] * (1 - u) + noise[i1, j, k] * u) * (1 - v) + (noise[i, j1, k] * (1 - u) + noise[i1, j1, k] * u) * v
    far = (noise[i, j, k1] * (1 - u) + noise[i1, j, k1] * u) * (1 - v) + (noise[i, j1, k1] * (1 - u) + noise[i1, j1, k1] * u) * v
    return float(near * (1 - w) + far * w)


@compiled
def bend(bent: NDArray[np.float32], x: Values, y: Values, z: float, noise: NDArray[np.float32], amount: float) -> None:
    """Fill bent with patient space moved by up to about two amounts (mm), smoothly."""
    for row in range(y.size):
        for column in range(x.size):
            px, py, pz = x[column] / 5.5 + 100, y[row] / 5.5 + 100, z / 5.5 + 100
            bent[0, row, column] = x[column] + amount * lookup(noise, px, py, pz)
            bent[1, row, column] = y[row] + amount * lookup(noise, px + 21.3, py + 7.7, pz + 35.1)
            bent[2, row, column] = z + amount * lookup(noise, px + 43.9, py + 50.2, pz + 11.6)


@compiled
def over(under: float, value: float, inside_mm: float, edge_mm: float) -> float:
    """Return value laid over under, as far as a point inside_mm within the edge is covered."""
    cover = min(max(inside_mm / edge_mm + 0.5, 0.0), 1.0)
    return under + (value - under) * cover


@compiled
def diaphragm(x: float, y: float) -> float:
    """Return the height z (mm) of the diaphragm: two domes, the right one higher, deep gutters at the back and the sides."""
    right = ((x + 60) ** 2 + (y + 6) ** 2 * 1.15) / 105
    left = ((x - 62) ** 2 + (y + 6) ** 2 * 1.15) / 105
    return max(-96.0 - right, -110.0 - left)


@compiled
def mediastinum_half_width(y: float, z: float) -> float:
    """Return how far (mm) the middle of the chest keeps the lungs apart, by depth and height."""
    if y < -64:
        wide = 8.0
    elif y < -36:
        wide = 8.0 + (y + 64) / 28 * 19
    elif y < 26:
        wide = 27.0 + 2.5 * math.sin((y + 36) / 62 * math.pi)
    elif y < 50:
        wide = 27.0 - (y - 26) / 24 * 8
    elif y < 66:
        wide = 19.0 + (y - 50) / 16 * 3
    else:
        wide = 22.0 + (y - 66) * 0.5
    if z > 25 and y < -20:
        wide = max(wide, min((z - 25) * 0.8, 24.0))
    return wide


@compiled
def paint_trunk(
    hu: Plane,
    region: NDArray[np.uint8],
    room: Plane,
    bent: NDArray[np.float32],
    x: Values,
    y: Values,
    body: Values,
    cavity: Values,
    muscle: Values,
    breast: Values,
    heart: Values,
    heart_turn: Values,
    noise: NDArray[np.float32],
    edge: float,
) -> None:
    """Paint air, skin, fat, muscle, lungs, diaphragm and liver. room: filled with mm inside the abdomen (< 0 above it)."""
    angles = body.size
    for row in range(y.size):
        for column in range(x.size):
            px, py = x[column], y[row]
            radius = math.hypot(px, py)
            turn = math.atan2(px, py) / (2 * math.pi)
            place = (turn - math.floor(turn)) * angles
            index = int(place) % angles
            part, following = place - int(place), (index + 1) % angles
            deep = body[index] * (1 - part) + body[following] * part - radius
            room[row, column] = -100.0
            region[row, column] = 0
            if deep < -2.0:
                hu[row, column] = -1000.0
                continue
            bx, by, bz = bent[0, row, column], bent[1, row, column], bent[2, row, column]
            out = math.hypot(bx, by) - (cavity[index] * (1 - part) + cavity[following] * part)  # mm outside the cavity
            coarse = lookup(noise, px / 2.1, py / 2.1, bz / 2.4)
            fine = lookup(noise, px / 0.7 + 9, py / 0.7 + 31, bz / 1.4)
            value = -102.0 + 9.0 * fine
            strand = abs(lookup(noise, px / 3.1 + 5, py / 3.1, bz / 5.0))
            if strand < 0.05 and out > 0:
                value += 55.0 * (1 - strand / 0.05)
            thick = muscle[index] * (1 - part) + muscle[following] * part + 2.0 * coarse
            flesh = 56.0 + 5.0 * fine
            plane = abs(lookup(noise, bx / 2.9 + 40, by / 2.9 + 3, bz / 7.0 + 8))
            if out > 10.5 and plane < 0.16:
                flesh -= 120.0 * (1 - plane / 0.16)
            if -3.0 < out - thick < 3.0 or out < thick:
                value = over(value, flesh, min(thick - out, out + 1.0), edge * 1.4)
            milk = breast[index]
            if milk > 4.0 and out > thick:  # gland between the strands of fat
                value = over(value, 38.0, min(4.5 * lookup(noise, bx / 2.3, by / 2.3, bz / 3.5) + milk - 15.0, deep - 4.0), edge)
            if out < 2.0:  # the cavity: fat, then what it holds
                inner = -102.0 + 8.0 * fine
                above = (bz - diaphragm(bx, by)) * 0.75
                hx, hy, hz = bx - heart[0], by - heart[1], bz - heart[2]
                u = (heart_turn[0, 0] * hx + heart_turn[0, 1] * hy + heart_turn[0, 2] * hz) / heart[3]
                v = (heart_turn[1, 0] * hx + heart_turn[1, 1] * hy + heart_turn[1, 2] * hz) / heart[4]
                w = (heart_turn[2, 0] * hx + heart_turn[2, 1] * hy + heart_turn[2, 2] * hz) / heart[5]
                from_heart = (math.sqrt(u * u + v * v + w * w) - 1.0) * 0.9 * heart[5]
                spread = abs(bx) - mediastinum_half_width(by, bz) - 2.5 * lookup(noise, bx / 4.0 + 11, by / 4.0, bz / 4.0)
                lung = min(min(-out - 2.0, above - 2.0), min(spread, from_heart))
                lung = min(lung, (98.0 - bz) - ((abs(bx) - 42) ** 2 + (by - 10) ** 2) / 160)  # the apex
                if lung > -2.0:
                    air = -868.0 + 0.42 * py + 14.0 * coarse + 12.0 * fine
                    fissure = abs(bz - by + 30.0 + 0.1 * bx) * 0.7
                    if fissure < 0.9:
                        air += 110.0 * (1 - fissure / 0.9)
                    inner = over(inner, air, lung, edge)
                    if lung > 0:
                        region[row, column] = 1 if px < 0 else 2
                inside = min(-above - 1.5, -out - 0.9)
                room[row, column] = inside
                inner = over(inner, 52.0, min(1.7 - abs(above), -out), edge)  # the diaphragm itself
                if inside > 0:
                    lobes = 9.0 * lookup(noise, bx / 8.0, by / 8.0 + 30, bz / 8.0)
                    liver = min(inside, (30.0 + (bz + 150.0) * 0.62 - by * 0.25 - 0.004 * by * by - bx + lobes) * 0.8)
                    if by > 18.0:
                        liver = min(liver, max(18.0 - by, -33.0 - bx))
                    inner = over(inner, 112.0 + 3.0 * coarse + 3.0 * fine, liver, edge)
                    if liver > 0:
                        region[row, column] = 3
                value = over(value, inner, -out, edge)
            skin = 1.9 - abs(deep - 1.0)
            value = over(value, 28.0, min(skin, 1.0), edge)
            hu[row, column] = over(-1000.0, value, deep, edge)


@compiled
def paint_ellipsoids(
    hu: Plane,
    bent: NDArray[np.float32],
    room: Plane,
    centre: Values,
    axes: Values,
    turn: Values,
    value: Values,
    place: NDArray[np.int64],
    edge: float,
) -> None:
    """Paint solid bodies in their order."""
    z = bent[2, 0, 0]
    for body in range(value.size):
        reach = max(axes[body, 0], max(axes[body, 1], axes[body, 2])) + 3
        if abs(z - centre[body, 2]) > reach + 12:
            continue
        for row in range(hu.shape[0]):
            if abs(bent[1, row, 0] - centre[body, 1]) > reach + 25:
                continue
            for column in range(hu.shape[1]):
                dx = bent[0, row, column] - centre[body, 0]
                if abs(dx) > reach:
                    continue
                dy, dz = bent[1, row, column] - centre[body, 1], bent[2, row, column] - centre[body, 2]
                first, second = 0.0, 0.0
                for axis in range(3):
                    along = turn[body, axis, 0] * dx + turn[body, axis, 1] * dy + turn[body, axis, 2] * dz
                    first += (along / axes[body, axis]) ** 2
                    second += (along / axes[body, axis] ** 2) ** 2
                if first > 2.0:
                    continue
                inside = math.sqrt(first) * (1 - math.sqrt(first)) / max(math.sqrt(second), 1e-6)
                if first < 1e-6:
                    inside = 5.0
                if place[body] == 1:
                    inside = min(inside, room[row, column] - 1.0)
                elif place[body] == 3:
                    inside = min(min(inside, room[row, column] - 1.0), -38.0 - bent[1, row, column])
                elif place[body] == 2:
                    inside = min(inside, -room[row, column] - 2.0)
                if inside > -edge:
                    hu[row, column] = over(hu[row, column], value[body], inside, edge)


@compiled
def paint_tubes(
    hu: Plane,
    allowed: NDArray[np.uint8],
    bent: NDArray[np.float32],
    z: float,
    x0: float,
    y0: float,
    spacing: float,
    start: Values,
    end: Values,
    start_radius: Values,
    end_radius: Values,
    value: Values,
    core: float,
    core_inset: float,
    edge: float,
) -> None:
    """Paint tubes in their order, where allowed is not 0.

    With core_inset > 0 each has a core of another value, that much within (bone and marrow).
    """
    for tube in range(value.size):
        wide = max(start_radius[tube], end_radius[tube])
        reach = wide + 9.0  # bending moves things by up to 8 mm
        if z < min(start[tube, 2], end[tube, 2]) - reach or z > max(start[tube, 2], end[tube, 2]) + reach:
            continue
        left = max(0, int((min(start[tube, 0], end[tube, 0]) - reach - x0) / spacing))
        right = min(hu.shape[1], int((max(start[tube, 0], end[tube, 0]) + reach - x0) / spacing) + 2)
        top = max(0, int((min(start[tube, 1], end[tube, 1]) - reach - y0) / spacing))
        bottom = min(hu.shape[0], int((max(start[tube, 1], end[tube, 1]) + reach - y0) / spacing) + 2)
        ax, ay, az = start[tube, 0], start[tube, 1], start[tube, 2]
        dx, dy, dz = end[tube, 0] - ax, end[tube, 1] - ay, end[tube, 2] - az
        squared = dx * dx + dy * dy + dz * dz + 1e-9
        for row in range(top, bottom):
            for column in range(left, right):
                if allowed[row, column] == 0:
                    continue
                px, py, pz = bent[0, row, column] - ax, bent[1, row, column] - ay, bent[2, row, column] - az
                along = min(max((px * dx + py * dy + pz * dz) / squared, 0.0), 1.0)
                qx, qy, qz = px - along * dx, py - along * dy, pz - along * dz
                apart = qx * qx + qy * qy + qz * qz
                if apart > (wide + edge) ** 2:
                    continue
                radius = start_radius[tube] + (end_radius[tube] - start_radius[tube]) * along
                inside = radius - math.sqrt(apart)
                if inside > -edge:
                    laid = over(hu[row, column], value[tube], inside, edge)
                    # round ends overlap: a tube never takes off what its neighbour has laid
                    if (value[tube] > hu[row, column]) == (laid > hu[row, column]):
                        hu[row, column] = laid
                    if core_inset > 0:
                        hu[row, column] = over(hu[row, column], core, inside - core_inset, edge)


@compiled
def paint_bones(
    hu: Plane,
    bent: NDArray[np.float32],
    x: Values,
    y: Values,
    cavity: Values,
    rib_height: Values,
    rib_kind: Values,
    noise: NDArray[np.float32],
    edge: float,
) -> None:
    """Paint ribs, their cartilage and the breast bone, which lie in the wall just outside the cavity."""
    angles = cavity.size
    for row in range(y.size):
        for column in range(x.size):
            bx, by, bz = bent[0, row, column], bent[1, row, column], bent[2, row, column]
            turn = math.atan2(bx, by) / (2 * math.pi)
            place = (turn - math.floor(turn)) * angles
            index = int(place) % angles
            part = place - int(place)
            out = math.hypot(bx, by) - (cavity[index] * (1 - part) + cavity[(index + 1) % angles] * part)
            if out < -2.0 or out > 14.0:
                continue
            half = min(place, angles - place)
            low = min(int(half), rib_height.shape[1] - 2)
            share = half - low
            grain = lookup(noise, bx / 0.6, by / 0.6, bz / 0.6)
            for rib in range(rib_height.shape[0]):
                kind = rib_kind[rib, low]
                if kind == 0:
                    continue
                away = bz - (rib_height[rib, low] * (1 - share) + rib_height[rib, low + 1] * share)
                if abs(away) > 9.0:
                    continue
                inside = (1.0 - math.hypot((out - 6.0) / 4.3, away / 6.6)) * 4.3
                if inside < -edge:
                    continue
                if kind == 1:
                    hu[row, column] = over(hu[row, column], 110.0 + 12.0 * grain, inside - 0.4, edge)
                else:
                    hu[row, column] = over(hu[row, column], 820.0, inside, edge)
                    hu[row, column] = over(hu[row, column], 230.0 + 60.0 * grain, inside - 1.5, edge)
            if abs(bx) < 40 and by < 0 and -112 < bz < 60:
                wide = 15.0 + 13.0 / (1 + math.exp(-(bz - 14.0) / 5.0)) - max(0.0, (-78.0 - bz) * 0.35)
                inside = min(min(wide - abs(bx), 5.6 - abs(out - 6.4)), min(bz + 110.0, 56.0 - bz))
                if abs(bz - 12.0) < 1.6:  # the joint between handle and body
                    hu[row, column] = over(hu[row, column], 130.0, inside, edge)
                elif inside > -edge:
                    hu[row, column] = over(hu[row, column], 600.0, inside, edge)
                    hu[row, column] = over(hu[row, column], 150.0 + 45.0 * grain, inside - 1.4, edge)


@compiled
def paint_plates(hu: Plane, bent: NDArray[np.float32], x: Values, y: Values, cavity: Values, edge: float) -> None:
    """Paint the shoulder blades: curved plates 13 mm outside the ribs, thick at the outer border and at the spine of the blade."""
    angles = cavity.size
    for row in range(y.size):
        for column in range(x.size):
            bx, by, bz = bent[0, row, column], bent[1, row, column], bent[2, row, column]
            if bz < -48:
                continue
            turn = abs(math.atan2(bx, by))
            if turn < 0.45 or turn > 1.5:
                continue
            index = int(turn / (2 * math.pi) * angles)
            out = math.hypot(bx, by) - cavity[index] - 21.0
            if out < -8.0 or out > 26.0:
                continue
            low, high = 0.62 + max(0.0, (bz - 30.0) * 0.001), 1.02 + (bz + 48.0) * 0.0034
            if bz < 0:
                low += (-bz) * 0.004
            across = min(turn - low, high - turn) * 100.0
            height = min(bz + 46.0, 90.0 - bz)
            thick = 1.5 + 2.6 * math.exp(-(((high - turn) / 0.09) ** 2)) + 0.8 * math.exp(-(((turn - low) / 0.06) ** 2))
            inside = min(min(thick - abs(out), across), height)
            ridge = min(min(2.4 - abs(bz - 34.0 - 20.0 * (turn - 0.9)), across), 10.0 - abs(out - 8.0))  # its spine
            inside = max(inside, ridge)
            if inside > -edge:
                hu[row, column] = over(hu[row, column], 700.0, inside, edge)
                hu[row, column] = over(hu[row, column], 240.0, inside - 1.5, edge)


@compiled
def paint_spine(
    hu: Plane,
    bent: NDArray[np.float32],
    middle: float,
    wide: float,
    deep: float,
    height: float,
    half_height: float,
    noise: NDArray[np.float32],
    edge: float,
) -> None:
    """Paint one vertebral body with the discs above and below it. middle: its y; height: its z; half_height without discs."""
    for row in range(hu.shape[0]):
        if abs(bent[1, row, 0] - middle) > deep + 30:
            continue
        for column in range(hu.shape[1]):
            bx = bent[0, row, column]
            if abs(bx) > wide + 6:
                continue
            by, away = bent[1, row, column] - middle, bent[2, row, column] - height
            if abs(away) > half_height + 5.0:
                continue
            rim = (away / half_height) ** 2
            hollow = max(0.0, by) * 0.16 * math.exp(-((bx / 7.0) ** 2))  # the back face is hollow
            around = math.sqrt((bx / wide) ** 2 + ((by + hollow * 2.0) / deep) ** 2)
            inside = (1.0 - around) * min(wide, deep) - 1.6 * (1 - min(rim, 1.0))
            disc = min(inside + 0.6, half_height + 4.5 - abs(away))
            hu[row, column] = over(hu[row, column], 82.0, disc, edge)
            inside = min(inside, half_height - abs(away))
            if inside > -edge:
                grain = lookup(noise, bx / 0.55, by / 0.55, away / 1.1 + 17)
                hu[row, column] = over(hu[row, column], 640.0, inside, edge)
                hu[row, column] = over(hu[row, column], 205.0 + 45.0 * grain, inside - 1.3, edge)


@compiled
def paint_canal(hu: Plane, bent: NDArray[np.float32], middle: float, edge: float) -> None:
    """Paint the spinal canal: fat, the dural sac with its fluid, the cord. middle: its y (mm)."""
    for row in range(hu.shape[0]):
        if abs(bent[1, row, 0] - middle) > 30:
            continue
        for column in range(hu.shape[1]):
            bx, by = bent[0, row, column], bent[1, row, column] - middle
            if abs(bx) > 14 or abs(by) > 14:
                continue
            apart = math.hypot(bx * 0.94, by)
            hu[row, column] = over(hu[row, column], -75.0, 8.3 - apart, edge)
            hu[row, column] = over(hu[row, column], 14.0, 7.0 - apart, edge)
            hu[row, column] = over(hu[row, column], 40.0, 4.1 - math.hypot(bx * 0.8, by), edge)


@compiled
def paint_lesion(hu: Plane, x: Values, y: Values, z: float, centre: Values, radius: float, value: float, edge: float) -> None:
    """Paint the lesion, in unbent space so that its volume is known. Its lobes: demo.chest.lesion_radius_mm."""
    for row in range(y.size):
        for column in range(x.size):
            dx, dy, dz = x[column] - centre[0], y[row] - centre[1], z - centre[2]
            apart = math.sqrt(dx * dx + dy * dy + dz * dz)
            if apart > radius * 1.4 + 2:
                continue
            ux, uy, uz = dx / max(apart, 1e-6), dy / max(apart, 1e-6), dz / max(apart, 1e-6)
            factor = 1 + 0.10 * math.sin(4 * ux + 3 * uy) + 0.08 * math.cos(6 * uy - 5 * uz + 1)
            hu[row, column] = over(hu[row, column], value, radius * factor - apart, edge)


@compiled
def paint_couch(hu: Plane, x: Values, y: Values, edge: float) -> None:
    """Paint the couch below the patient: a shallow carbon shell around foam."""
    for row in range(y.size):
        for column in range(x.size):
            if hu[row, column] > -950.0 or abs(x[column]) > 205:
                continue
            depth = y[row] - (121.0 - (x[column] / 200.0) ** 2 * 16.0)
            if depth < -1.5 or depth > 40:
                continue
            across = 190.0 - abs(x[column])
            inside = min(min(depth, 26.0 - depth - (x[column] / 200.0) ** 2 * 8), across)
            hu[row, column] = over(hu[row, column], -380.0, inside, edge)
            hu[row, column] = over(hu[row, column], -935.0, inside - 1.8, edge)
