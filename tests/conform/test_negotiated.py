"""ffmpeg runs the graph as written: every conversion of a picture or a sound is stated in it.

Where two filters do not agree, ffmpeg inserts a scaler or a resampler without a message. Builds that can print
the graph they run are asked for it, and it must have our filters and no others.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.emit.filters import NAME_ENDS, spell
from compiler.emit.sound import GAIN, gain_command
from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.ir.infer import as_video, infer
from compiler.pipeline import Compiled
from tests.golden.compiling import BUILDS, FILMS, compile_case

CASES = [case for case in FILMS if case not in BUILDS]
EDGES = re.compile(r"G0_(graph_0_in|out_|format$|format_out_|trim_out_|trim_for_output_)")
"""Filters that ffmpeg itself adds at the ends of every graph: sources, sinks with the trim of `-t`, and the format that
the encoder requires."""

STREAM = re.compile(r"\[(\d+):\d+\]")
TINY = "duration=0.1"
SOON = ("-t", "0.1")
"""The start of a film that repeats its last picture to its end: the graph is complete by then."""


@pytest.mark.conform
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_inserted(case: str, embedded: str, tmp_path: Path) -> None:
    compiled = compile_case(case)
    assert negotiated(compiled, embedded, tmp_path) == written(compiled.film)


@pytest.mark.conform
def test_what_is_inserted_is_seen(embedded: str, tmp_path: Path) -> None:
    """A planted fault: the frames are not marked, and the encoder expects BT.709."""
    compiled = compile_case("static_crop")
    plain = compiled.script.replace("setparams=range=tv:colorspace=bt709", "setparams=range=tv:colorspace=smpte170m")
    assert plain != compiled.script
    found = negotiated(compiled, embedded, tmp_path, plain)
    assert found - written(compiled.film) == Counter({"scale": 1})


def written(graph: Graph) -> Counter[str]:
    """The count of each filter in our script."""
    chains = (", ".join(texts).split(", ") for texts in spell(graph).values() if texts)
    return Counter(NAME_ENDS.split(text, maxsplit=1)[0] for chain in chains for text in chain)


def negotiated(compiled: Compiled, ffmpeg: str, folder: Path, script: str = "") -> Counter[str]:
    """The count of each filter in the graph that ffmpeg runs, over sources of the case's kind."""
    graph, text, printed = compiled.film, folder / "filtergraph.txt", folder / "graph.json"
    text.write_text(STREAM.sub(r"[\1:0]", script or compiled.script))
    command = compiled.command(str(text), "")
    output = command[command.index("-/filter_complex") : command.index("-map_metadata")]
    if compiled.encoding.profile.name == "h264":
        output[output.index("-preset") + 1] = "ultrafast"
    if compiled.encoding.profile.name == "webp":  # its encoder fails without frames, and these sources have few
        output[output.index("-c:v") :] = ["-c:v", "rawvideo", "-pix_fmt", "bgra"]
    printing = ["-print_graphs", "-print_graphs_format", "json", "-print_graphs_file", str(printed), "-f", "null", "-"]
    inputs = [word for source in stand_ins(graph) for word in ("-f", "lavfi", "-i", source)]
    (folder / GAIN).write_text(gain_command("reel.loud", "1"))
    words = [ffmpeg, "-nostdin", "-v", "error", *inputs, *output, *SOON, *printing]
    subprocess.run(words, check=True, timeout=120, cwd=folder)
    (ran,) = json.loads(printed.read_text())["graphs"]
    named = ((one["filter_outputs"] or one["filter_inputs"])[0]["filter_id"] for one in ran["filters"])
    pairs = zip(named, (one["filter_name"] for one in ran["filters"]), strict=True)
    return Counter(name for ident, name in pairs if not EDGES.match(ident))


def stand_ins(graph: Graph) -> Iterator[str]:
    """Sources of lavfi with the shape of the graph's own: size, pixels, colour; rate and channels."""
    shapes = infer(graph)
    for define in graph:
        if not isinstance(define.op, ops.Source):
            continue
        media = define.op.media
        if define.op.stream == "audio":
            assert media.audio
            yield f"anullsrc=r={media.audio.sample_rate}:cl={media.audio.layout}:{TINY}"
            continue
        shape = as_video(shapes[define.name])
        marks = f"setparams=range={shape.tint.range}:colorspace={shape.tint.matrix}"
        size = f"{shape.width}x{shape.height}"
        yield f"color=s={size}:r=30:{TINY},format={shape.tint.pix_fmt},{marks},setsar={media.video.sar}"
