"""Emission: a legal graph written as an ffmpeg script and command. Emission makes no decisions."""
