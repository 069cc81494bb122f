#!/bin/sh
# prove_restore.sh USER [BACKUP]: proves that a backup of a user can be restored. Restores it into an empty store in a
# temporary folder, and reads every object back. Without BACKUP it first makes one, with footage, by the settings of the
# server, which may run meanwhile. The exit code is 6 if an object is damaged or missing.
set -eu
user=$1
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
backup=${2:-$folder/backup}
[ $# -gt 1 ] || reelc backup "$user" "$backup" --footage
# the server's own store is out of reach from here on
export REELC_CONFIG=/dev/null REELC_STORE=folder REELC_DATA="$folder/data"
reelc restore "$user" --from "$backup"
reelc scrub --user "$user"
echo "restored and read back: $user from $backup"
