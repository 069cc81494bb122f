"""The only I/O layer: media probed, ffmpeg run, films verified and put in place, every child under limits.

probe      what a media file is           ffmpeg     which ffmpeg, and what it can do
run        one supervised ffmpeg          verdict    what its failure means
render     from a script to a film        film       is it the one predicted
doctor     what this machine can do       sandbox    how every child is started and stopped
"""
