"""Benchmarks: a film by reelc beside the same film by hand-written ffmpeg, and the time a compile takes."""
