"""The ffmpeg commands of previews: what people see and hear of a source while they edit."""

from __future__ import annotations

from fractions import Fraction

from compiler.emit.argv import Command, input_of, run_of
from compiler.emit.numbers import decimal, rational
from compiler.emit.pictures import FLAGS
from compiler.ir import ops
from compiler.ir.build import Build
from compiler.ir.graph import Graph

PEAKS = "peaks.txt"
"""Where the levels of a sound are written, in the folder that ffmpeg runs in."""

_LEVEL = "lavfi.astats.Overall.Peak_level"
_JPEG = f"scale=in_range=limited:in_color_matrix=bt709:out_range=full:out_color_matrix=bt601:flags={FLAGS}"
"""What JPEG's numbers are, by definition."""

KEYS = ("-skip_frame", "nokey")
"""Before an input: only frames that stand for themselves are decoded."""


def source_stamped(zero: Fraction) -> list[str]:
    """Every frame at its source time, to the nanosecond."""
    return [f"setpts=PTS-({decimal(zero)})/TB"]


def tiled(columns: int, rows: int) -> list[str]:
    """Pictures side by side as one JPEG's."""
    return [_JPEG, "format=yuvj420p", f"tile={columns}x{rows}"]


def levels(every: int) -> list[str]:
    """The peak of every so many samples, written down."""
    return [
        f"asetnsamples=n={every}:p=0",
        "astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=Peak_level",
        f"ametadata=mode=print:key={_LEVEL}:file={PEAKS}",
    ]


def read_levels(report: str) -> list[float]:
    """The peaks that were written down, decibels of full scale."""
    return [float(line.partition("=")[2]) for line in report.splitlines() if line.startswith(_LEVEL)]


def proxy_command(graph: Graph, tick: Fraction, build: Build, script_path: str, output: str) -> Command:
    """Encodes a whole source for browsers, its frames at whole ticks: whatever frame is wanted, its key frame is near,
    and frames are stored in the order in which they are seen."""
    marks = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-g", "15", "-bf", "0", "-pix_fmt", "yuv420p")
    clock = ("-fps_mode", "passthrough", "-enc_time_base", rational(tick), "-video_track_timescale", str(1 / tick))
    heard = [["-c:a", "aac", "-b:a", "128k", "-ac", "2"]] if graph.audio else []
    return [
        *_graph(graph, build, script_path),
        [*coded, *marks, *clock],
        *heard,
        ["-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart", "-f", "mp4", f"file:{output}"],
    ]


def strip_command(graph: Graph, build: Build, script_path: str, output: str, *, keys: bool) -> Command:
    """Writes a strip, one JPEG; of key frames alone if so."""
    return [*_graph(graph, build, script_path, KEYS if keys else ()), *_jpeg(output)]


def cell_command(graph: Graph, build: Build, script_path: str, output: str) -> Command:
    """Writes the first key frame that is decoded, its pixels as they are."""
    # a key frame before the instant that was sought to has a time below 0, and is not to be left out for it
    one = ["-frames:v", "1", "-fps_mode", "passthrough", "-f", "rawvideo", f"file:{output}"]
    return [*_graph(graph, build, script_path, (*KEYS, "-noaccurate_seek")), one]


def tile_command(build: Build, cells: str, size: tuple[int, int], filters: str, output: str) -> Command:
    """Makes a strip of pictures whose pixels stand in a file one after the other."""
    pixels = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "{}x{}".format(*size), "-i", f"file:{cells}"]
    return [*run_of(build), ["-protocol_whitelist", "file", *pixels], ["-vf", filters], *_jpeg(output)]


def levels_command(graph: Graph, build: Build, script_path: str) -> Command:
    """Runs a sound without an output file: its filters write its peaks down."""
    return [*_graph(graph, build, script_path), ["-f", "null", "-"]]


def _jpeg(output: str) -> Command:
    coded = ["-frames:v", "1", "-c:v", "mjpeg", "-q:v", "5", "-flags:v", "+bitexact", "-fflags", "+bitexact"]
    return [coded, ["-map_metadata", "-1", "-f", "image2pipe", f"file:{output}"]]


def _graph(graph: Graph, build: Build, script_path: str, reading: tuple[str, ...] = ()) -> Command:
    inputs = [[*reading, *input_of(define.op)] for define in graph if isinstance(define.op, ops.Source)]
    roots = [word for root in graph.roots for word in ("-map", f"[{root}]")]
    return [*run_of(build), *inputs, [build.script_option, script_path, *roots]]
