"""Chooses the track of sound that is heard, among those that can be decoded. Runs in the probe child."""

from __future__ import annotations

from collections.abc import Collection

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from compiler.supervise.media.admit import AUDIO_CODECS, admit_stream


class UndecodableTrackError(Exception):
    """The packets of a chosen track of sound decode to nothing; `args` holds the stream's index."""


def sound_of(container: InputContainer, undecodable: Collection[int]) -> tuple[AudioStream | None, tuple[str, ...]]:
    """The default track of sound, else the first, that can be decoded; and a sentence for each track that was due
    before it. `undecodable` holds the indexes of tracks whose packets are known to decode to nothing."""
    tracks = sorted(container.streams.audio, key=lambda track: not track.disposition & Disposition.default)
    faults: list[str] = []
    for track in tracks:
        fault = _fault(track, track.index in undecodable)
        if fault is None:
            admit_stream(track, AUDIO_CODECS)
            return track, tuple(f"{fault}; another track, {_codec(track)}, is heard instead" for fault in faults)
        faults.append(fault)
    return None, tuple(f"{fault}; the film is silent there" for fault in faults[:1])


def _fault(track: AudioStream, undecodable: bool) -> str | None:
    """The reason why a track cannot be heard, if there is one."""
    codec = _codec(track)
    if codec is None:
        return "the sound is of an unknown codec"
    if codec not in AUDIO_CODECS:
        return f"the sound, {codec}, has no decoder here"
    context = track.codec_context
    if not context.sample_rate or not context.layout.nb_channels:
        return f"the sound, {codec}, states no sample rate or no channels"
    return f"the sound, {codec}, cannot be decoded" if undecodable else None


def _codec(track: AudioStream) -> str | None:
    """The name of a track's codec; None for one without any decoder."""
    context = track.codec_context
    return context.codec.canonical_name if context else None
