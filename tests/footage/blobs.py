"""The precision of a moving crop: blobs at known places, and a texture, compared with a float64 resampler.

Coordinates are continuous: source pixel i covers [i, i + 1). Of a window (x, y, w, h) shown at `size` (W, H), the
centre of output pixel (X, Y) shows the source point (x + (X + 1/2) w / W, y + (Y + 1/2) h / H).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.footage.coded import BT709, Luma, feed, yuv420p

Plane = NDArray[np.float64]
Window = tuple[float, float, float, float]
"""x, y, width, height in source pixels."""

SIZE = (1920, 1080)
FPS = 30

SIGMA = 5.0
"""Of a Gaussian blob, source pixels."""
STEP, WANDER = 108, 6
"""Source pixels between blobs, and the largest offset of each from the grid."""
GROUND, HEIGHT = 60.0, 150.0
"""Luma of the background, and of a blob above it."""
REACH = 3.2
"""The measured surroundings of a blob, in sigmas."""
CLEAR = 4
"""Output pixels that must lie between these surroundings and the picture's edge."""
BORDER = 8
"""Output pixels along the edges that the signal-to-noise ratio leaves out."""
FINEST = 0.30
"""The highest frequency of the texture in cycles per pixel; 0.5 is Nyquist."""
SHARPNESS = -0.6
"""The parameter a of the reference's bicubic kernel, as in swscale."""


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of position in output pixels, over all frames and blobs."""

    rms: float
    rms_unbiased: float
    """Without the constant part of the error."""
    jitter: float
    """The rms of the error's second difference from frame to frame."""
    blobs: int
    """Blobs that lie wholly inside the first window."""


def places() -> Plane:
    """The blobs' centres (x, y) in source pixels, the same in every run."""
    across, down = (np.arange(STEP / 2, length, STEP) for length in SIZE)
    grid = np.stack([axis.ravel() for axis in np.meshgrid(across, down)], axis=1)
    return grid + np.random.default_rng(7).uniform(-WANDER, WANDER, grid.shape)


def blob_scene() -> Luma:
    """Gaussian blobs on an even background."""
    bells = [
        np.exp(-((np.arange(length) + 0.5 - centres[:, None]) ** 2) / (2 * SIGMA**2))
        for length, centres in zip(SIZE, places().T, strict=True)
    ]
    scene: Plane = np.rint(GROUND + HEIGHT * bells[1].T @ bells[0])
    return scene.astype(np.uint8)


@functools.cache
def texture_scene() -> Luma:
    """1/f noise, band-limited to FINEST."""
    noise = np.random.default_rng(3).standard_normal((SIZE[1], SIZE[0]))
    frequency = np.hypot(np.fft.fftfreq(SIZE[0])[None, :], np.fft.fftfreq(SIZE[1])[:, None])
    band = (frequency > 0.002) & (frequency < FINEST)
    shaped = np.fft.ifft2(np.fft.fft2(noise) * np.where(band, 1 / np.maximum(frequency, 1e-9), 0)).real
    scene: Plane = np.rint(np.clip(125 + 34 * shaped / shaped.std(), 18, 234))
    return scene.astype(np.uint8)


def write_still(path: Path, luma: Luma, frames: int, *, ffmpeg: str) -> Path:
    """Write this picture, in grey, as a lossless clip of this many frames at 30 a second."""
    command = [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", *BT709]
    command += ["-s", f"{luma.shape[1]}x{luma.shape[0]}", "-r", str(FPS), "-i", "pipe:0"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-g", "30", "-pix_fmt", "yuv420p", *BT709]
    feed([*command, str(path)], (yuv420p(luma) for _ in range(frames)))
    return path


def score(frames_luma: Iterable[Luma], windows: Sequence[Window], size: tuple[int, int]) -> Score:
    """The distances of the blobs from their places in the windows; ValueError unless there is one frame a window."""
    centres = places()
    errors = np.stack([_errors(frame, centres, window, size) for frame, window in _paired(frames_luma, windows)])
    bias = np.nanmean(errors, axis=(0, 1))
    wobble = errors[2:] - 2 * errors[1:-1] + errors[:-2]
    return Score(_rms(errors), _rms(errors - bias), _rms(wobble), int((~np.isnan(errors[0, :, 0])).sum()))


def psnr_against_reference(
    frames_luma: Iterable[Luma], scene: Luma, windows: Sequence[Window], size: tuple[int, int], every: int = 5
) -> float:
    """Mean signal-to-noise ratio, in dB, of every n-th frame compared with the reference resampler."""
    chosen = [
        _psnr(frame, resample(scene, window, size))
        for n, (frame, window) in enumerate(_paired(frames_luma, windows))
        if n % every == every // 2
    ]
    return float(np.mean(chosen))


def resample(luma: Luma, window: Window, size: tuple[int, int]) -> Plane:
    """The window at the output's size: bicubic, antialiased when it shrinks, with replicated edges, not rounded."""
    x, y, width, height = window
    columns, across = _weights(luma.shape[1], x, width, size[0])
    rows, down = _weights(luma.shape[0], y, height, size[1])
    return down @ luma[rows, columns].astype(np.float64) @ across.T


def _weights(inputs: int, start: float, length: float, outputs: int) -> tuple[slice, Plane]:
    """The inputs of one axis and their weights: a matrix (outputs, inputs) whose rows sum to 1."""
    scale = length / outputs
    stretch = max(1.0, scale)
    centres = start + (np.arange(outputs) + 0.5) * scale - 0.5
    matrix = np.zeros((outputs, inputs))
    reach = math.ceil(2 * stretch) + 1
    for offset in range(-reach, reach + 1):
        taps = np.floor(centres).astype(int) + offset
        np.add.at(matrix, (np.arange(outputs), np.clip(taps, 0, inputs - 1)), _kernel((centres - taps) / stretch))
    used = np.flatnonzero(matrix.any(axis=0))
    span = slice(used[0], used[-1] + 1)
    return span, matrix[:, span] / matrix.sum(axis=1, keepdims=True)


def _kernel(distance: Plane) -> Plane:
    """Keys' cubic convolution kernel."""
    d, a = np.abs(distance), SHARPNESS
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    far = a * (d**3 - 5 * d**2 + 8 * d - 4)
    return np.where(d < 1, near, np.where(d < 2, far, 0.0))


def _paired(frames_luma: Iterable[Luma], windows: Sequence[Window]) -> Iterator[tuple[Luma, Window]]:
    return zip(frames_luma, windows, strict=True)


def _errors(frame: Luma, centres: Plane, window: Window, size: tuple[int, int]) -> Plane:
    """Measured minus true place of every blob, in output pixels; NaN for a blob that is not wholly inside."""
    scale = np.array([size[0] / window[2], size[1] / window[3]])
    true, sigma = (centres - window[:2]) * scale, SIGMA * scale
    reach = REACH * sigma
    inside = ((true > reach + CLEAR) & (true < np.array(size) - reach - CLEAR)).all(axis=1)
    errors = np.full(true.shape, np.nan)
    for blob in np.flatnonzero(inside):
        errors[blob] = _centre(frame, true[blob], sigma, reach) - true[blob]
    return errors


def _centre(frame: Luma, place: Plane, sigma: Plane, reach: Plane) -> Plane:
    """The blob's centre by a Gaussian-weighted centroid that follows it.

    The product of two Gaussians of the same width peaks half way between them: hence the double step.
    """
    for _ in range(3):
        low, high = (place - reach).astype(int), (place + reach).astype(int) + 1
        if (low < 0).any() or (high > frame.shape[::-1]).any():
            return place
        patch = frame[low[1] : high[1], low[0] : high[0]] - GROUND
        x, y = (np.arange(*ends) + 0.5 for ends in zip(low, high, strict=True))
        patch *= np.exp(-((y - place[1]) ** 2) / (2 * sigma[1] ** 2))[:, None]
        patch *= np.exp(-((x - place[0]) ** 2) / (2 * sigma[0] ** 2))
        if patch.sum() <= 0:
            return place
        found = np.array([(patch.sum(axis=0) * x).sum(), (patch.sum(axis=1) * y).sum()]) / patch.sum()
        place = place + 2 * (found - place)
    return place


def _rms(errors: Plane) -> float:
    """The root mean square length of vectors (x, y) along the last axis, without NaN."""
    return math.sqrt(float(np.nanmean((errors**2).sum(axis=-1))))


def _psnr(frame: Luma, reference: Plane) -> float:
    inner = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    noise = float(np.mean((frame[inner] - reference[inner]) ** 2))
    return 10 * math.log10(255**2 / max(noise, 1e-12))


def farthest(frame: Luma, window: Window, size: tuple[int, int]) -> float:
    """The largest distance, in output pixels, of a blob of one frame from its place in the window."""
    errors = _errors(frame, places(), window, size)
    return float(np.nanmax(np.hypot(errors[:, 0], errors[:, 1])))
