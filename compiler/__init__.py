"""reelc's compiler: stored clip edits in, one exact ffmpeg filtergraph out."""
