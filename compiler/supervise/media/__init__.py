"""Opens media files: which ones, what they hide, and how their boxes and clocks are read. Runs in the children."""
