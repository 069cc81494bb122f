"""The ffmpeg command around a script: inputs behind allowlists, pinned encoders, tagged output."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from compiler.emit.encoders import Encoding, audio, container, video
from compiler.emit.numbers import decimal
from compiler.emit.script import READ
from compiler.emit.straightened import Fed, is_straightened
from compiler.ir import ops
from compiler.ir.build import Build
from compiler.ir.graph import Def, Graph
from compiler.timeline.media import MAX_PIXELS, STILL_TICK

DECODERS = {
    "adpcm_g722": "g722",
    "adpcm_g726": "g726",
    "adpcm_g726le": "g726le",
    "amr_nb": "amrnb",
    "amr_wb": "amrwb",
    "av1": "libdav1d,av1",
    "dts": "dca",
    "flv1": "flv",
    "mp1": "mp1float,mp1",
    "mp2": "mp2float,mp2",
    "mp3": "mp3float,mp3",
    "mpeg1video": "mpeg1video,mpeg2video",
    "mpeg2video": "mpeg2video,mpeg1video",
    "msmpeg4v3": "msmpeg4",
    "opus": "opus,libopus",
    "vorbis": "vorbis,libvorbis",
    "vp8": "vp8,libvpx",
    "vp9": "vp9,libvpx-vp9",
}
"""The decoders ffmpeg may have for a codec, where their names differ from the codec's. MPEG-1 and MPEG-2 are told apart
by the first packets, where a short stream leaves ffmpeg guessing."""

WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""The decoders that read the alpha plane of WebM; ffmpeg's own leave it out."""

UNTAGGED = {
    "mpeg2video": ("-bsf:v", "mpeg2_metadata=matrix_coefficients=2"),
    "av1": ("-bsf:v", "av1_metadata=matrix_coefficients=2"),
}
"""Bitstream filters that state an unspecified matrix, by codecs whose decoders pass a reserved one on."""

LARGE_PICTURE = 1920 * 1088
"""Pixels of the largest picture that one thread decodes fast enough for the encoder; larger ones have two (ADR 101)."""

SOUNDS = "sounds.txt"
"""The list of the sounds of the units, in the folder that ffmpeg runs in."""

Command = list[list[str]]
"""A command line in groups: the program, each input, the graph, the output."""


def unit_command(graph: Graph, encoding: Encoding, build: Build, script_path: str, output: str) -> Command:
    """Encodes the picture of one unit into `output`, a film to be joined with other units."""
    return [*_graph(graph, build, script_path), video(encoding, build), *container(encoding, output, part=True)]


def sound_unit_command(graph: Graph, build: Build, script_path: str, output: str) -> Command:
    """Makes the sound of one unit, without loss."""
    coded = ["-c:a", "pcm_f32le", "-flags:a", "+bitexact", "-fflags", "+bitexact"]
    return [*_graph(graph, build, script_path), coded, ["-f", "nut", f"file:{output}"]]


def film_sound_command(graph: Graph, encoding: Encoding, build: Build, script_path: str, output: str) -> Command:
    """Encodes the sound of the whole film into `output`, to be joined with its pictures."""
    return [*_graph(graph, build, script_path), audio(encoding), *container(encoding, output, part=True)]


def join_command(encoding: Encoding, build: Build, list_path: str, sound_path: str | None, output: str) -> Command:
    """Copies the encoded units of the list at `list_path` in order, and the encoded sound at `sound_path`, into
    `output`."""
    heard = [["-protocol_whitelist", "file", "-f", "mov", "-i", f"file:{sound_path}"]] if sound_path else []
    copied = [word for number in range(1 + len(heard)) for word in ("-map", f"{number}:0")]
    return [*run_of(build), [*_list(list_path)], *heard, [*copied, "-c", "copy"], *container(encoding, output)]


def measure_command(graph: Graph, build: Build, script_path: str) -> Command:
    """Runs the sound of `graph` without an output file: its filters write the measurement to a file."""
    return [*_graph(graph, build, script_path), ["-f", "null", "-"]]


def film_command(graph: Graph, encoding: Encoding, build: Build, script_path: str, output: str) -> Command:
    """Renders the script at `script_path` into `output`."""
    return [
        *_graph(graph, build, script_path),
        *([video(encoding, build)] if encoding.profile.picture else []),
        *([audio(encoding)] if encoding.sound else []),
        *container(encoding, output),
    ]


def still_command(graph: Graph, build: Build, script_path: str, output: str) -> Command:
    """Writes the one frame of a still's graph as a PNG."""
    return [
        *_graph(graph, build, script_path),
        ["-frames:v", "1", "-c:v", "png", "-flags:v", "+bitexact", "-fflags", "+bitexact"],
        ["-f", "image2pipe", f"file:{output}"],
    ]


def _graph(graph: Graph, build: Build, script_path: str) -> Command:
    """The global options, the inputs, the script, and the links that are the film."""
    return [
        *run_of(build),
        *([*input_of(define, build)] for define in graph if isinstance(define.op, READ)),
        [build.script_option, script_path, *(word for root in graph.roots for word in ("-map", f"[{root}]"))],
    ]


def run_of(build: Build) -> Command:
    """The program and its global options."""
    return [
        [build.path, "-nostdin", "-hide_banner", "-v", "error", "-xerror", "-y"],
        ["-progress", "pipe:1", "-stats_period", "0.1"],
    ]


def _decoder_threads(source: ops.Source) -> int:
    video = source.media.video
    return 2 if source.stream == "video" and video.width * video.height > LARGE_PICTURE else 1


def input_of(define: Def, build: Build) -> Iterator[str]:
    """One stream of one file, or the sounds of the units. Picture and sound are separate inputs: a shared input makes
    joins buffer whole clips."""
    source = define.op
    if isinstance(source, ops.Made):
        yield from _list(SOUNDS)
        return
    assert isinstance(source, ops.Source)
    if is_straightened(source):
        yield from ("-protocol_whitelist", "file", "-f", "nut", "-codec_whitelist", "rawvideo,pcm_f32le")
        yield from ("-max_pixels", str(MAX_PIXELS), "-i", Fed.of(define))
        return
    media = source.media
    codecs = [stream.codec for stream in (media.video, media.audio) if stream]
    yield from ("-protocol_whitelist", "file", "-f", media.format)
    if media.video.still:  # read one picture, and do not treat the file's name as a pattern
        yield from ("-pattern_type", "none", "-framerate", f"1/{STILL_TICK}", "-c:v", media.video.codec)
    yield from ("-codec_whitelist", ",".join(dict.fromkeys(DECODERS.get(codec, codec) for codec in codecs)))
    yield from ("-max_pixels", str(MAX_PIXELS), "-threads", str(_decoder_threads(source)))
    if source.seek:
        yield from ("-ss", decimal(source.seek))
    if source.stream == "video" and media.video.pix_fmt.startswith("yuva") and media.video.codec in WITH_ALPHA:
        yield from ("-c:v", WITH_ALPHA[media.video.codec])
    if source.stream == "video" and "matrix" in media.video.reserved_tags and build.refuses_reserved:
        yield from UNTAGGED.get(media.video.codec, ())
    if source.stream == "video" and build.crops(media.video):  # the graph crops as the container states
        yield from ("-apply_cropping", "codec")
    if media.video.rotation or media.video.mirrored:  # the graph turns the picture
        yield "-noautorotate"
    yield "-an" if source.stream == "video" else "-vn"
    yield from ("-sn", "-dn", "-i", f"file:{media.path}")


def _list(path: str) -> Iterator[str]:
    """The files of a list, one after the other."""
    yield from ("-protocol_whitelist", "file", "-f", "concat", "-auto_convert", "0", "-i", f"file:{path}")


def words(command: Command) -> list[str]:
    """The command as an argv."""
    return [word for group in command for word in group]


def quoted(command: Command) -> str:
    """The command for a shell: quoted, one group a line."""
    return " \\\n  ".join(" ".join(map(_quoted, group)) for group in command) + "\n"


def _quoted(word: str) -> str:
    return word.shell if isinstance(word, Fed) else shlex.quote(word)
