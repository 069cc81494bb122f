"""The only layer with I/O: it probes media, runs ffmpeg, verifies and publishes films, and limits every child process.

probe      facts of a media file          ffmpeg     the ffmpeg in use, and its abilities
run        one supervised ffmpeg          verdict    the error of a failed ffmpeg
render     from a script to a film        film       checks of the output, and its final name
verify     the film against the plan      sandbox    start, limits and end of every child
doctor     the abilities of this machine
"""
