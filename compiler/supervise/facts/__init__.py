"""The facts of media files and finished films, from their packets. Runs in the probe child."""
