"""Sources whose colour tags have values that the standards reserve."""

from __future__ import annotations

MPEG2 = ("-c:v", "mpeg2video", "-q:v", "1", "-qmin", "1", "-intra_vlc", "1")
X264 = ("-c:v", "libx264", "-qp", "0")
AV1 = ("-c:v", "libaom-av1", "-cpu-used", "8", "-crf", "5")

RESERVED = {
    "primaries.ts": (MPEG2, "mpeg2_metadata=colour_primaries=3:transfer_characteristics=1:matrix_coefficients=1"),
    "transfer.ts": (MPEG2, "mpeg2_metadata=colour_primaries=1:transfer_characteristics=3:matrix_coefficients=1"),
    "matrix.ts": (MPEG2, "mpeg2_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=3"),
    "av1_matrix.mp4": (AV1, "av1_metadata=color_primaries=1:transfer_characteristics=1:matrix_coefficients=3"),
    "av1.mp4": (AV1, "av1_metadata=color_primaries=3:transfer_characteristics=3:matrix_coefficients=1"),
    "h264.mp4": (X264, "h264_metadata=colour_primaries=3:transfer_characteristics=3:matrix_coefficients=3"),
}
"""By the source's name its encoder, and the bitstream filter that puts the tags into it."""
