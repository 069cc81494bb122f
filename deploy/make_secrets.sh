#!/bin/sh
# Makes the secrets that deploy/compose.yaml and docs/deploy.md name, in deploy/secrets/ or the folder given: keys of the
# store, the token of /metrics, and a certificate authority with certificates for server, scheduler and workers. What is
# there stays. Who has a certificate of this authority can run programs on the workers: keep ca.key elsewhere.
set -eu
umask 077
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
cd "$folder"

random() { openssl rand -hex "$1"; }
[ -e s3_access_key ] || random 10 > s3_access_key
[ -e s3_secret_key ] || random 20 > s3_secret_key
[ -e shared_secret ] || random 20 > shared_secret
[ -e metrics_token ] || random 20 > metrics_token
[ -e s3_identities ] || cat > s3_identities << END
{"identities": [{"name": "reelc", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
 "credentials": [{"accessKey": "$(cat s3_access_key)", "secretKey": "$(cat s3_secret_key)"}]}]}
END

curve="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
[ -e ca.key ] || openssl req -x509 $curve -keyout ca.key -out ca.pem -days 3650 -subj /CN=reelc-farm 2> /dev/null
for name in server scheduler worker; do
    if [ ! -e "$name.pem" ]; then
        openssl req $curve -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" 2> /dev/null
        openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 398 -out "$name.pem" 2> /dev/null
        rm "$name.csr"
    fi
done
# compose mounts these files as they are, and the image's user has to read them
if [ "$(id -u)" = 0 ]; then
    chown 10001:10001 s3_access_key s3_secret_key metrics_token shared_secret s3_identities ca.pem ./*.pem server.key scheduler.key worker.key
else
    echo "give the files to the image's user: sudo chown 10001:10001 $folder/[!c]* $folder/ca.pem" >&2
fi
