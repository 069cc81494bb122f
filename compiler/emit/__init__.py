"""Emission: a legal graph spelled for ffmpeg. It decides nothing."""
