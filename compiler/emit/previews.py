"""The ffmpeg commands of previews of a source: strip, proxy and peaks, for editors."""

from __future__ import annotations

from fractions import Fraction

from compiler.emit.argv import Command, input_of, run_of
from compiler.emit.numbers import decimal, rational
from compiler.emit.pictures import FLAGS
from compiler.emit.straightened import is_straightened
from compiler.ir import ops
from compiler.ir.build import Build
from compiler.ir.graph import Graph

PEAKS = "peaks.txt"
"""The file of a sound's levels, in the folder that ffmpeg runs in."""

_LEVEL = "lavfi.astats.Overall.Peak_level"
_JPEG = f"scale=in_range=limited:in_color_matrix=bt709:out_range=full:out_color_matrix=bt601:flags={FLAGS}"
"""JPEG's colours by definition: full range, BT.601."""

KEYS = ("-skip_frame", "nokey")
"""Input option: decode key frames only."""


def source_stamped(zero: Fraction) -> list[str]:
    """Filters that stamp every frame with its source time, to the nanosecond."""
    return [f"setpts=PTS-({decimal(zero)})/TB"]


def tiled(columns: int, rows: int) -> list[str]:
    """Filters that lay pictures out as one JPEG."""
    return [_JPEG, "format=yuvj420p", f"tile={columns}x{rows}"]


def levels(every: int) -> list[str]:
    """Filters that write the peak of every `every` samples to a file."""
    return [
        f"asetnsamples=n={every}:p=0",
        "astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=Peak_level",
        f"ametadata=mode=print:key={_LEVEL}:file={PEAKS}",
    ]


def read_levels(report: str) -> list[float]:
    """The peaks of the written file, decibels of full scale."""
    return [float(line.partition("=")[2]) for line in report.splitlines() if line.startswith(_LEVEL)]


def proxy_command(graph: Graph, tick: Fraction, build: Build, script_path: str, output: str) -> Command:
    """Encodes a whole source for browsers, its frames at whole ticks. Key frames are close together and frames are
    stored in display order, so that seeking is fast."""
    marks = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-g", "15", "-bf", "0", "-pix_fmt", "yuv420p")
    clock = ("-fps_mode", "passthrough", "-enc_time_base:v", rational(tick), "-video_track_timescale", str(1 / tick))
    heard = [["-c:a", "aac", "-b:a", "128k", "-ac", "2"]] if graph.audio else []
    return [
        *_graph(graph, build, script_path),
        [*coded, *marks, *clock],
        *heard,
        ["-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart", "-f", "mp4", f"file:{output}"],
    ]


def strip_command(graph: Graph, build: Build, script_path: str, output: str, *, keys: bool) -> Command:
    """Writes a strip as one JPEG; with `keys`, decodes key frames only."""
    return [*_graph(graph, build, script_path, KEYS if keys else ()), *_jpeg(output)]


def cell_command(graph: Graph, build: Build, script_path: str, output: str) -> Command:
    """Writes the first key frame that is decoded, as raw pixels."""
    # a key frame before the instant sought to has a time below 0, and must still be written
    one = ["-frames:v", "1", "-fps_mode", "passthrough", "-f", "rawvideo", f"file:{output}"]
    return [*_graph(graph, build, script_path, (*KEYS, "-noaccurate_seek")), one]


def tile_command(build: Build, cells: str, size: tuple[int, int], filters: str, output: str) -> Command:
    """Makes a strip from the raw pictures of a file, one after the other."""
    pixels = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "{}x{}".format(*size), "-i", f"file:{cells}"]
    return [*run_of(build), ["-protocol_whitelist", "file", *pixels], ["-vf", filters], *_jpeg(output)]


def levels_command(graph: Graph, build: Build, script_path: str) -> Command:
    """Runs a sound without an output file: its filters write its peaks to a file."""
    return [*_graph(graph, build, script_path), ["-f", "null", "-"]]


def _jpeg(output: str) -> Command:
    coded = ["-frames:v", "1", "-c:v", "mjpeg", "-q:v", "5", "-flags:v", "+bitexact", "-fflags", "+bitexact"]
    return [coded, ["-map_metadata", "-1", "-f", "image2pipe", f"file:{output}"]]


def _graph(graph: Graph, build: Build, script_path: str, reading: tuple[str, ...] = ()) -> Command:
    inputs = [
        [*(() if is_straightened(define.op) else reading), *input_of(define, build)]
        for define in graph
        if isinstance(define.op, ops.Source)
    ]
    roots = [word for root in graph.roots for word in ("-map", f"[{root}]")]
    return [*run_of(build), *inputs, [build.script_option, script_path, *roots]]
