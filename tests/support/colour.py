"""Colours as eyes tell them apart: CIELAB from sRGB, by the matrix of IEC 61966-2-1 and white D65, and ΔE of 1976."""

import numpy as np

TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colours):
    """L*, a*, b* of colours [..., 3] of 0 to 255."""
    share = np.asarray(colours, dtype=float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * 841 / 108 + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def apart(colours, other):
    """ΔE of each colour from one other: about 2 can be seen side by side, 10 at a glance."""
    return np.linalg.norm(lab(colours) - lab(other), axis=-1)
