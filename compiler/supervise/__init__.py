"""The only layer with I/O: it probes media, runs ffmpeg, verifies and publishes films, and limits every child process.

probe      asks for the facts of a file     media/       opens files by the allowlist
record     facts as JSON                    images/      reads moving images and HEIF
facts_cache  facts of large files, kept     straighten/  sends streams of odd files to ffmpeg
ffmpeg     the ffmpeg in use                facts/       surveys packets
doctor     the abilities of this machine    films/       makes, verifies and publishes films
plain      untrusted text, safe to print    children/    starts, limits and ends every child
remedy     commands for hints               address      addresses in place of paths
"""
