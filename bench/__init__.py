"""Benchmarks: films by reelc compared with hand-written ffmpeg, the time of a compile, and the server under load."""
