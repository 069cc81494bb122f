"""Rival commands for the same film: an expert's ffmpeg command, a beginner's, and the encoder alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.edit import BOX_WIDTH, FPS, Edit, Take
from bench.footage import QUIET
from compiler.emit.pictures import MARKED

STEREO = "aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo"


def expert(ffmpeg: str, edit: Edit, media: Path, encoder: Sequence[str]) -> list[str]:
    """One seeked input for each take, shared by picture and sound, as an expert of ffmpeg writes it."""
    inputs = [
        word for take in edit.takes for word in ("-ss", str(take.start), "-t", str(take.length), "-i", str(media))
    ]
    chains = [
        chain
        for k, take in enumerate(edit.takes)
        for chain in (f"[{k}:v]{_picture(take, edit)}[v{k}]", f"[{k}:a]{_sound(take)}[a{k}]")
    ]
    return _command(ffmpeg, inputs, [*chains, *_joins(edit)], encoder)


def naive(ffmpeg: str, edit: Edit, media: Path, encoder: Sequence[str]) -> list[str]:
    """One input read from its beginning and split, from which a filter trims every take."""
    count = len(edit.takes)
    chains = [
        f"[0:v]split={count}{_labels('sv', count)}",
        f"[0:a]asplit={count}{_labels('sa', count)}",
    ]
    for k, take in enumerate(edit.takes):
        reach = f"start={take.start}:end={take.start + take.length}"
        chains.append(f"[sv{k}]trim={reach},{_picture(take, edit)}[v{k}]")
        chains.append(f"[sa{k}]atrim={reach},asetpts=PTS-STARTPTS,{_sound(take)}[a{k}]")
    return _command(ffmpeg, ["-i", str(media)], [*chains, *_joins(edit)], encoder)


def alone(ffmpeg: str, frames: Path, encoder: Sequence[str]) -> list[str]:
    """The encoder on the film's own raw frames and samples, the lower bound for any graph.

    Raw frames have no colour tags, so they are tagged here; otherwise ffmpeg would convert them.
    """
    return [ffmpeg, *QUIET, "-i", str(frames), "-map", "0:v", "-map", "0:a", "-vf", MARKED, *encoder]


def _labels(stem: str, count: int) -> str:
    return "".join(f"[{stem}{k}]" for k in range(count))


def _picture(take: Take, edit: Edit) -> str:
    lasts = take.frames / FPS
    x = f"{take.from_x}+({take.to_x}-{take.from_x})*t/{lasts:g}"
    return (
        f"setpts=(PTS-STARTPTS)/{float(take.speed):g},fps={FPS},crop={round(BOX_WIDTH)}:1080:x='{x}':y=0,"
        f"scale={edit.width}:{edit.height}:flags=bicubic,setsar=1,format=yuv420p"
    )


def _sound(take: Take) -> str:
    return STEREO if take.speed == 1 else f"atempo={float(take.speed):g},{STEREO}"


def _joins(edit: Edit) -> Iterator[str]:
    """Join two at a time, from the left; concat's output has no frame rate, which xfade requires."""
    video, audio, length = "v0", "a0", edit.takes[0].frames
    for k, take in enumerate(edit.takes[1:], start=1):
        out_video, out_audio = ("film", "sound") if k == len(edit.takes) - 1 else (f"jv{k}", f"ja{k}")
        if take.dissolve:
            overlap = float(take.dissolve)
            offset = length / FPS - overlap
            yield f"[{video}][v{k}]xfade=transition=fade:duration={overlap:g}:offset={offset!r}[{out_video}]"
            yield f"[{audio}][a{k}]acrossfade=d={overlap:g}:c1=tri:c2=tri[{out_audio}]"
        else:
            yield f"[{video}][v{k}]concat=n=2:v=1:a=0,fps={FPS}[{out_video}]"
            yield f"[{audio}][a{k}]concat=n=2:v=0:a=1[{out_audio}]"
        length += take.frames - round(take.dissolve * FPS)
        video, audio = out_video, out_audio


def _command(ffmpeg: str, inputs: Sequence[str], chains: Sequence[str], encoder: Sequence[str]) -> list[str]:
    graph = ("-filter_complex", ";".join(chains), "-map", "[film]", "-map", "[sound]")
    return [ffmpeg, *QUIET, *inputs, *graph, *encoder]
