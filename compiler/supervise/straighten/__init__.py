"""Straightens streams of odd files: decodes, stamps and sends them to ffmpeg. Runs in a child beside ffmpeg."""
