"""Draw the sample photos in raw_img/sample: twelve products, each seen many times; the same seed gives the same pixels.

Usage: python raw_img/draw_sample.py [FOLDER]. It draws vector shapes; it uses no photo and needs no network.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

__all__ = ["BACKGROUNDS", "PRODUCTS", "draw_photo", "draw_sample"]

SEED = 7
PHOTOS_PER_PRODUCT = (14, 12, 13, 11, 12, 13, 12, 11, 13, 12, 11, 14)
SIZES = ((280, 280), (256, 256), (300, 270), (260, 290), (320, 256))  # width, height in pixels
JPEG_QUALITY = 80
CANVAS = 400  # pixels a side of the square that a product is drawn on, in units of 0..100

Canvas = np.ndarray  # uint8 (CANVAS, CANVAS, 4), BGR premultiplied by alpha
Point = tuple[float, float]


def colour(code: str) -> tuple[int, int, int, int]:
    red, green, blue = bytes.fromhex(code)
    return blue, green, red, 255


def pixels(points: list[Point]) -> np.ndarray:
    return np.round(np.array(points) * CANVAS / 100).astype(np.int32)


def polygon(canvas: Canvas, points: list[Point], code: str) -> None:
    cv2.fillPoly(canvas, [pixels(points)], colour(code), cv2.LINE_AA)


def blob(canvas: Canvas, points: list[Point], code: str) -> None:
    """Fill the smooth shape of a control polygon by cutting its corners (Chaikin, 1974)."""
    corners = np.array(points, float)
    for _ in range(4):
        following = np.roll(corners, -1, axis=0)
        corners = np.stack([0.75 * corners + 0.25 * following, 0.25 * corners + 0.75 * following], 1).reshape(-1, 2)
    polygon(canvas, corners.tolist(), code)


def oval(canvas: Canvas, centre: Point, radii: Point, code: str, width: float = 0, turn: float = 0) -> None:
    """Draw an ellipse, filled or, if `width` is given, as a ring."""
    thickness = round(width * CANVAS / 100) or -1
    (x, y), (rx, ry) = pixels([centre, radii]).tolist()
    cv2.ellipse(canvas, (x, y), (rx, ry), turn, 0, 360, colour(code), thickness, cv2.LINE_AA)


def stroke(canvas: Canvas, points: list[Point], code: str, width: float) -> None:
    cv2.polylines(canvas, [pixels(points)], False, colour(code), round(width * CANVAS / 100), cv2.LINE_AA)


def box(canvas: Canvas, left: float, top: float, right: float, bottom: float, code: str) -> None:
    polygon(canvas, [(left, top), (right, top), (right, bottom), (left, bottom)], code)


def mug(canvas: Canvas) -> None:
    oval(canvas, (73, 52), (15, 18), "b3261e", width=7)
    blob(canvas, [(22, 18), (70, 18), (70, 70), (68, 88), (24, 88), (22, 70)], "d0342c")
    box(canvas, 22, 22, 70, 66, "d0342c")
    box(canvas, 22, 46, 70, 56, "fff4e6")
    oval(canvas, (46, 22), (24, 7), "e7695f")
    oval(canvas, (46, 23), (21, 5), "4a2a1a")


def sneaker(canvas: Canvas) -> None:
    blob(canvas, [(8, 32), (30, 26), (42, 40), (60, 54), (92, 60), (98, 74), (90, 80), (6, 80), (4, 55)], "2464b4")
    blob(canvas, [(72, 56), (94, 60), (99, 76), (76, 76)], "f2f2f2")
    polygon(canvas, [(5, 72), (97, 72), (95, 83), (8, 83)], "fafafa")
    stroke(canvas, [(6, 78), (96, 78)], "c8ccd4", 1.5)
    for x, y in ((38, 40), (46, 47), (55, 53)):
        stroke(canvas, [(x - 6, y + 7), (x + 5, y - 1)], "ffffff", 2.5)
    blob(canvas, [(16, 62), (30, 66), (62, 60), (34, 74), (14, 70)], "ffd23f")
    oval(canvas, (20, 34), (11, 4), "143a6b", turn=-8)


def bottle(canvas: Canvas) -> None:
    blob(canvas, [(42, 8), (58, 8), (58, 36), (70, 44), (70, 97), (30, 97), (30, 44), (42, 36)], "1f7a4d")
    box(canvas, 43, 8, 57, 30, "1f7a4d")
    box(canvas, 33, 56, 67, 94, "1f7a4d")
    box(canvas, 42, 3, 58, 14, "c9a227")
    box(canvas, 32, 58, 68, 82, "f6efd8")
    oval(canvas, (50, 68), (7, 6), "7b2d43")
    stroke(canvas, [(37, 78), (63, 78)], "6b6b6b", 1.5)
    stroke(canvas, [(37, 50), (36, 56)], "9fd8ba", 3)


def shirt(canvas: Canvas) -> None:
    body = [(34, 12), (66, 12), (95, 30), (84, 48), (75, 42), (75, 92), (25, 92), (25, 42), (16, 48), (5, 30)]
    polygon(canvas, body, "d9468f")
    polygon(canvas, [(25, 54), (75, 54), (75, 62), (25, 62)], "ffffff")
    polygon(canvas, [(25, 66), (75, 66), (75, 70), (25, 70)], "ffffff")
    oval(canvas, (50, 12), (14, 8), "7d1f50")
    oval(canvas, (50, 11), (14, 8), "9c2a66", width=2)
    stroke(canvas, [(25, 42), (28, 32)], "a83371", 1.2)
    stroke(canvas, [(75, 42), (72, 32)], "a83371", 1.2)


def camera(canvas: Canvas) -> None:
    box(canvas, 36, 18, 64, 32, "3a3d42")
    box(canvas, 14, 24, 26, 30, "1d1f22")
    blob(canvas, [(3, 28), (50, 27), (97, 28), (98, 80), (50, 81), (2, 80)], "2b2d31")
    box(canvas, 6, 30, 94, 42, "9aa0a8")
    oval(canvas, (50, 56), (22, 22), "15161a")
    oval(canvas, (50, 56), (19, 19), "63686f", width=2)
    oval(canvas, (50, 56), (13, 13), "23365c")
    oval(canvas, (50, 56), (7, 7), "0b0e18")
    oval(canvas, (45, 51), (3, 3), "dfe8ff")
    box(canvas, 76, 32, 90, 39, "f5f3d7")
    oval(canvas, (14, 36), (2.5, 2.5), "d0342c")


def ball(canvas: Canvas) -> None:
    oval(canvas, (50, 50), (42, 42), "e0702a")
    for centre, radii in (((6, 50), (30, 44)), ((94, 50), (30, 44))):
        oval(canvas, centre, radii, "40210f", width=2)
    stroke(canvas, [(50, 8), (50, 92)], "40210f", 2)
    stroke(canvas, [(8, 50), (92, 50)], "40210f", 2)
    outside = np.ones((CANVAS, CANVAS), np.uint8)
    cv2.circle(outside, (CANVAS // 2, CANVAS // 2), round(0.42 * CANVAS), 0, -1)
    canvas[outside == 1] = 0


def book(canvas: Canvas) -> None:
    polygon(canvas, [(18, 14), (78, 8), (88, 14), (88, 86), (28, 94), (18, 88)], "4b2e83")
    polygon(canvas, [(76, 12), (86, 15), (86, 84), (76, 86)], "f4efe2")
    polygon(canvas, [(14, 16), (76, 10), (76, 86), (14, 94)], "6a3fb5")
    polygon(canvas, [(14, 16), (22, 15), (22, 93), (14, 94)], "4b2e83")
    polygon(canvas, [(30, 24), (68, 20), (68, 34), (30, 38)], "ffd23f")
    oval(canvas, (49, 58), (13, 13), "f2b5d4")
    oval(canvas, (49, 58), (7, 7), "6a3fb5")
    stroke(canvas, [(32, 82), (66, 78)], "e6dcf7", 2)


def lamp(canvas: Canvas) -> None:
    oval(canvas, (50, 92), (24, 6), "5b6770")
    stroke(canvas, [(50, 90), (50, 44)], "8c98a1", 5)
    polygon(canvas, [(34, 8), (66, 8), (86, 50), (14, 50)], "ffe29a")
    oval(canvas, (50, 50), (36, 6), "fff6d6")
    oval(canvas, (50, 8), (16, 3), "e3bf64")
    stroke(canvas, [(24, 33), (76, 33)], "d9a93a", 2.5)
    stroke(canvas, [(64, 52), (64, 66)], "5b6770", 1)
    oval(canvas, (64, 67), (1.8, 1.8), "5b6770")


def clock(canvas: Canvas) -> None:
    oval(canvas, (50, 50), (44, 44), "0f7f8a")
    oval(canvas, (50, 50), (37, 37), "fdfdfb")
    for hour in range(12):
        x, y = np.sin(hour * np.pi / 6), np.cos(hour * np.pi / 6)
        inner = 28 if hour % 3 == 0 else 31
        stroke(canvas, [(50 + inner * x, 50 + inner * y), (50 + 34 * x, 50 + 34 * y)], "1b2a33", 2.2)
    stroke(canvas, [(50, 50), (35, 36)], "1b2a33", 4)
    stroke(canvas, [(50, 50), (66, 26)], "1b2a33", 2.6)
    stroke(canvas, [(50, 50), (44, 76)], "d0342c", 1.2)
    oval(canvas, (50, 50), (3, 3), "1b2a33")


def backpack(canvas: Canvas) -> None:
    oval(canvas, (50, 14), (11, 9), "3f4a24", width=4)
    blob(canvas, [(8, 40), (20, 38), (20, 86), (6, 86)], "4f5d2f")
    blob(canvas, [(92, 40), (80, 38), (80, 86), (94, 86)], "4f5d2f")
    blob(canvas, [(20, 12), (80, 12), (86, 50), (84, 98), (16, 98), (14, 50)], "7d8f45")
    blob(canvas, [(22, 54), (78, 54), (80, 94), (20, 94)], "667838")
    stroke(canvas, [(26, 62), (74, 62)], "2c331a", 1.6)
    stroke(canvas, [(24, 40), (76, 40)], "2c331a", 1.6)
    for x in (34, 66):
        box(canvas, x - 3, 22, x + 3, 70, "a0622d")
        box(canvas, x - 4, 66, x + 4, 72, "e2c275")


def plant(canvas: Canvas) -> None:
    root = np.array([50, 64])
    for tip in ((8, 42), (92, 42), (14, 20), (86, 20), (30, 6), (70, 6), (50, 0)):
        along = np.array(tip) - root
        across = 0.22 * np.array([-along[1], along[0]])
        left, right = root + 0.55 * along + across, root + 0.55 * along - across
        blob(canvas, [root, left, tip, tip, tip, right], "2f9e44")
        stroke(canvas, [root, root + 0.7 * along], "1b6b2b", 1.4)
    polygon(canvas, [(27, 66), (73, 66), (66, 97), (34, 97)], "b5532c")
    box(canvas, 24, 58, 76, 68, "cf6a3e")


def teddy(canvas: Canvas) -> None:
    for x in (30, 70):
        oval(canvas, (x, 14), (10, 10), "8a5a33")
        oval(canvas, (x, 14), (5, 5), "d9ab7b")
        oval(canvas, (x + np.sign(x - 50) * 8, 60), (9, 17), "8a5a33", turn=np.sign(50 - x) * 25)
        oval(canvas, (x, 90), (14, 9), "8a5a33")
        oval(canvas, (x, 90), (7, 5), "d9ab7b")
    oval(canvas, (50, 68), (24, 26), "9c6a3f")
    oval(canvas, (50, 70), (15, 17), "d9ab7b")
    oval(canvas, (50, 30), (25, 23), "9c6a3f")
    oval(canvas, (50, 38), (11, 9), "e6c39b")
    oval(canvas, (50, 34), (4, 3), "2a1a10")
    for x in (40, 60):
        oval(canvas, (x, 26), (3, 3), "1a100a")
    polygon(canvas, [(50, 54), (38, 48), (38, 60), (62, 48), (62, 60)], "d0342c")


PRODUCTS = (mug, sneaker, bottle, shirt, camera, ball, book, lamp, clock, backpack, plant, teddy)


def shade(canvas: Canvas) -> np.ndarray:
    """Round the flat drawing: light falls from the upper left on a relief made of the distance to the outline."""
    alpha = canvas[..., 3]
    height = cv2.GaussianBlur(np.sqrt(cv2.distanceTransform((alpha > 127).astype(np.uint8), cv2.DIST_L2, 5)), (0, 0), 6)
    slope_x, slope_y = cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)
    light = np.clip(1 + 0.32 * (0.7 * slope_x + 0.7 * slope_y), 0.55, 1.25)
    lit = canvas.astype(np.float32)
    lit[..., :3] = np.minimum(lit[..., :3] * light[..., None], alpha[..., None])
    return lit


def plain(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    tint = rng.choice([[255, 255, 255], [250, 250, 250], [244, 243, 242], [240, 238, 232], [232, 237, 240]])
    fall = np.linspace(1.0, rng.uniform(0.9, 1.0), height)[:, None, None]
    return np.broadcast_to(tint * fall, (height, width, 3)).astype(np.float32)


def table(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = rng.choice([[205, 210, 214], [190, 205, 196], [214, 200, 188], [188, 196, 216]])
    edge = round(height * rng.uniform(0.35, 0.6))
    grain = cv2.resize(rng.normal(0, 1, (height - edge, 6)).astype(np.float32), (width, height - edge))
    picture[edge:] = np.array(rng.choice([[70, 110, 160], [96, 134, 178], [60, 84, 118]])) + 14 * grain[..., None]
    return picture


def cloth(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    angle, pitch = rng.uniform(0, np.pi), rng.uniform(14, 34)
    rows, columns = np.mgrid[:height, :width]
    first = np.sin(2 * np.pi * (np.cos(angle) * columns + np.sin(angle) * rows) / pitch)
    second = np.sin(2 * np.pi * (np.cos(angle) * rows - np.sin(angle) * columns) / pitch) * rng.integers(0, 2)
    pattern = (np.tanh(3 * first) + np.tanh(3 * second))[..., None]
    return np.float32(rng.uniform(180, 235) + rng.uniform(-22, 22, 3) + pattern * rng.uniform(-12, 12, 3))


def clutter(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    picture = table(rng, width, height)
    for _ in range(rng.integers(6, 14)):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        paint = rng.uniform(30, 235, 3).tolist()
        if rng.random() < 0.5:
            cv2.circle(picture, centre, int(rng.integers(10, 42)), paint, -1, cv2.LINE_AA)
        else:
            corners = cv2.boxPoints((centre, rng.uniform(14, 90, 2).tolist(), rng.uniform(0, 180)))
            cv2.fillPoly(picture, [corners.astype(np.int32)], paint, cv2.LINE_AA)
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(1.2, 3.5))


BACKGROUNDS = (plain, table, cloth, clutter)


def place(rng: np.random.Generator, layer: np.ndarray, width: int, height: int) -> np.ndarray:
    """Turn, scale, squeeze and move the drawn product onto a float32 (height, width, 4) layer."""
    side = min(width, height) * rng.uniform(0.74, 0.98)
    matrix = cv2.getRotationMatrix2D((CANVAS / 2, CANVAS / 2), rng.normal(0, 9), side / CANVAS)
    matrix[0] *= rng.uniform(0.85, 1.05)
    centre = np.array([width, height]) * rng.uniform(0.44, 0.56, 2)
    matrix[:, 2] += centre - matrix @ [CANVAS / 2, CANVAS / 2, 1]
    soft = cv2.GaussianBlur(layer, (0, 0), 0.3 * CANVAS / side)
    return cv2.warpAffine(soft, matrix, (width, height), flags=cv2.INTER_LINEAR)


def cast_shadow(rng: np.random.Generator, picture: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    shift = np.float32([[1, 0, rng.uniform(-14, 14)], [0, 1, rng.uniform(4, 14)]])
    moved = cv2.warpAffine(alpha, shift, alpha.shape[::-1])
    return picture * (1 - rng.uniform(0.25, 0.5) * cv2.GaussianBlur(moved, (0, 0), rng.uniform(3, 9))[..., None])


def occlude(rng: np.random.Generator, picture: np.ndarray) -> None:
    """Lay a card over one side of the photo, in place."""
    height, width = picture.shape[:2]
    centre = (width * rng.choice([0.16, 0.84]), height * rng.uniform(0.3, 0.9))
    corners = cv2.boxPoints((centre, (width * rng.uniform(0.14, 0.26), height * 0.4), rng.uniform(-30, 30)))
    cv2.fillPoly(picture, [corners.astype(np.int32)], rng.uniform(40, 240, 3).tolist(), cv2.LINE_AA)


def expose(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Apply a light level, a colour cast, a side light and sensor noise."""
    gain = rng.uniform(0.82, 1.08) * rng.normal(1, 0.01, 3)
    side_light = np.linspace(*rng.uniform(0.88, 1.06, 2), picture.shape[1])[None, :, None]
    noise = rng.normal(0, rng.uniform(0.3, 2), picture.shape)
    return np.clip(picture * gain * side_light + noise, 0, 255).astype(np.uint8)


def draw_photo(product: int, image: int, *, seed: int = SEED) -> np.ndarray:
    """Draw photo number `image` of product number `product` (an index of PRODUCTS): uint8 (height, width, 3), BGR."""
    rng = np.random.default_rng([seed, product, image])
    width, height = SIZES[rng.integers(len(SIZES))]
    canvas = np.zeros((CANVAS, CANVAS, 4), np.uint8)
    PRODUCTS[product](canvas)
    if rng.random() < 0.15:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
    layer = place(rng, shade(canvas), width, height)
    picture = BACKGROUNDS[rng.choice(4, p=[0.58, 0.18, 0.1, 0.14])](rng, width, height)
    alpha = layer[..., 3] / 255
    if rng.random() < 0.7:
        picture = cast_shadow(rng, picture, alpha)
    picture = np.ascontiguousarray(picture * (1 - alpha[..., None]) + layer[..., :3])
    if rng.random() < 0.12:
        occlude(rng, picture)
    return expose(rng, picture)


def draw_sample(folder: Path, *, seed: int = SEED) -> list[Path]:
    """Write every photo as modelID_productID_imageID.jpg, and two exact duplicates, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for product, n_photos in enumerate(PHOTOS_PER_PRODUCT):
        for image in range(n_photos):
            path = folder / f"{10001 + product}_{200000 + 2 * product + image % 2}_{image}.jpg"
            photo = draw_photo(product, image, seed=seed)
            path.write_bytes(cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes())
            written.append(path)
    first, last = written[0].read_bytes(), written[-1].read_bytes()
    comment = b"\xff\xfe\x00\x08sample"  # a JPEG comment segment: other bytes, the same pixels
    copies = {"10001_200000_90.jpg": first, "10012_200023_90.jpg": last[:2] + comment + last[2:]}
    for name, data in copies.items():
        (folder / name).write_bytes(data)
        written.append(folder / name)
    return written


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "sample"
    paths = draw_sample(target)
    print(f"{len(paths)} photos, {sum(path.stat().st_size for path in paths) / 1e6:.1f} MB, in {target}")
