"""Masks of the subject of a photo, and the photo with white around it.
Every mask function takes uint8 (h, w, 3) RGB and gives uint8 (h, w), 255 on the subject and 0 beside it."""

import cv2
import numpy as np

__all__ = ["auto", "edges", "edges_full_size", "fault", "grabcut", "none", "on_white", "overlap"]

BLUR = 9  # side of the median filter in pixels of the photo
REDUCED_BLUR = 5  # on a copy reduced by just 5/9 a median of 5 pixels does what 9 do on the photo
NEVER_REDUCED = 200  # shorter side in pixels below which a copy would be too coarse
DOUBT = 0.1  # relative change of the threshold that a mask from the reduced copy must survive ...
AGREEMENT = 0.85  # ... with this intersection over union, or the mask is made at full size
LEAST_CONTOUR = 0.05  # share of the image

GRABCUT_MARGIN = 0.04  # share of each side that is background for certain
GRABCUT_ITERATIONS = 5

BORDER = 0.03  # share of the shorter side that counts as border
PLAIN_DIFFERENCE = 24  # of 255: largest channel difference from the border's median colour that is still "the same"
PLAIN_SHARE = 0.8  # share of border pixels that must be the same
LEAST_ITEM = 0.01  # share of the image

LEAST_FOREGROUND, MOST_FOREGROUND = 0.02, 0.98


def none(rgb: np.ndarray) -> None:
    """Keep everything."""
    return None


def edges(rgb: np.ndarray) -> np.ndarray:
    """Mask what strong edges enclose, on a reduced copy where that gives the same mask as `edges_full_size`.

    A small change of the threshold must leave the reduced mask as it is; where it opens or closes a contour
    the two sizes may disagree, so that the photo is masked at full size.
    """
    if min(rgb.shape[:2]) < NEVER_REDUCED:
        return edges_full_size(rgb)
    strength = _edge_strength(_reduced(rgb, REDUCED_BLUR / BLUR), REDUCED_BLUR)
    mean = cv2.mean(strength)[0]
    if overlap(_enclosed(strength, mean * (1 - DOUBT)), _enclosed(strength, mean * (1 + DOUBT))) < AGREEMENT:
        return edges_full_size(rgb)
    return _enlarged(_enclosed(strength, mean), rgb.shape)


def edges_full_size(rgb: np.ndarray) -> np.ndarray:
    """Mask what edges above the mean strength enclose, where that is more than 5 % of the image."""
    strength = _edge_strength(rgb, BLUR)
    return _enclosed(strength, cv2.mean(strength)[0])


def grabcut(rgb: np.ndarray) -> np.ndarray:
    """Mask what differs in colour from a margin of 4 %.

    GrabCut: Rother, Kolmogorov, Blake, "GrabCut", 2004. Not on a reduced copy, since that finds other masks.
    """
    height, width = rgb.shape[:2]
    left, top = max(1, round(width * GRABCUT_MARGIN)), max(1, round(height * GRABCUT_MARGIN))
    inside = (left, top, width - 2 * left, height - 2 * top)
    mask = np.zeros((height, width), np.uint8)
    if min(inside[2:]) < 2 or not rgb.std():
        return mask
    cv2.setRNGSeed(0)  # OpenCV keeps one generator a thread: without this the result depends on earlier photos
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(rgb, mask, inside, *models, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_RECT)
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255


def auto(rgb: np.ndarray) -> np.ndarray | None:
    """Mask what differs from the colour of a plain border; None where the border is not plain."""
    border = _border(rgb)
    colour = np.median(border, axis=0)
    if np.mean(_differs(border[None], colour) == 0) < PLAIN_SHARE:
        return None
    items = _differs(cv2.medianBlur(rgb, REDUCED_BLUR), colour)
    closed = cv2.morphologyEx(items, cv2.MORPH_CLOSE, np.ones((REDUCED_BLUR, REDUCED_BLUR), np.uint8))
    return _fill(closed, LEAST_ITEM)


def fault(mask: np.ndarray) -> str | None:
    """Say why a mask cannot be right: it is empty, or covers less than 2 % or more than 98 %; None where it can."""
    share = cv2.countNonZero(mask) / mask.size
    if share == 0:
        return "no contour"
    if share < LEAST_FOREGROUND:
        return f"foreground {share:.1%} < {LEAST_FOREGROUND:.0%}"
    return f"foreground {share:.1%} > {MOST_FOREGROUND:.0%}" if share > MOST_FOREGROUND else None


def on_white(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return a copy of the photo with white outside the mask."""
    white = np.full_like(rgb, 255)
    cv2.copyTo(rgb, mask, white)
    return white


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Return the intersection over union of two masks, 1 for two empty ones."""
    union = cv2.countNonZero(cv2.bitwise_or(first, second))
    return cv2.countNonZero(cv2.bitwise_and(first, second)) / union if union else 1.0


def _edge_strength(rgb: np.ndarray, blur: int) -> np.ndarray:
    """Return the Sobel magnitude of the median-filtered photo, float32 (h, w), the largest of the channels, <= 255."""
    strength = np.zeros(rgb.shape[:2], np.float32)
    for channel in cv2.split(cv2.medianBlur(rgb, blur)):
        # Sobel derivatives of 8-bit values fit 16 bits, in which they are several times faster than in floats.
        x, y = cv2.Sobel(channel, cv2.CV_16S, 1, 0), cv2.Sobel(channel, cv2.CV_16S, 0, 1)
        cv2.max(strength, cv2.magnitude(x.astype(np.float32), y.astype(np.float32)), dst=strength)
    return np.minimum(strength, 255, out=strength)


def _enclosed(strength: np.ndarray, threshold: float) -> np.ndarray:
    return _fill((strength > threshold).astype(np.uint8), LEAST_CONTOUR)


def _fill(shapes: np.ndarray, least: float) -> np.ndarray:
    """Fill the outer contours whose area is more than a share `least` of the image."""
    contours, _ = cv2.findContours(shapes, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    large = [contour for contour in contours if cv2.contourArea(contour) > least * shapes.size]
    return cv2.drawContours(np.zeros(shapes.shape, np.uint8), large, -1, 255, cv2.FILLED)


def _border(rgb: np.ndarray) -> np.ndarray:
    """Return the pixels (n, 3) of the outermost 3 %."""
    width = max(1, round(min(rgb.shape[:2]) * BORDER))
    parts = rgb[:width], rgb[-width:], rgb[:, :width], rgb[:, -width:]
    return np.concatenate([part.reshape(-1, 3) for part in parts])


def _differs(rgb: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Return 255 where a channel is further from a colour than a plain border varies, uint8 (h, w)."""
    low, high = np.clip(colour - PLAIN_DIFFERENCE, 0, 255), np.clip(colour + PLAIN_DIFFERENCE, 0, 255)
    return cv2.bitwise_not(cv2.inRange(rgb, low, high))


def _reduced(rgb: np.ndarray, scale: float) -> np.ndarray:
    height, width = rgb.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def _enlarged(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    smooth = cv2.resize(mask, shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(smooth > 127, np.uint8(255), np.uint8(0))
