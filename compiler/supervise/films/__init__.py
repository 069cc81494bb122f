"""Makes films with ffmpeg: runs it, feeds it, explains its failures, verifies what it made and publishes it."""
