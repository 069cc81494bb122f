"""Child processes under limits: how every other program is started, awaited and stopped."""
