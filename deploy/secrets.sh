#!/bin/sh
# Make the secrets that docker-compose.yml and deploy/systemd read: one file each, once; what is there already stays.
#
#   deploy/secrets.sh [FOLDER] [NAME ...]
#
# FOLDER is deploy/secrets unless said, NAME a name or an address by which clients reach the broker (kafka, localhost).
# Nobody but the folder's owner gets into it; the files themselves are readable, because the processes in the
# containers have other numbers than the people of this machine.
set -eu
umask 077

folder=${1:-$(dirname "$0")/secrets}
[ $# -eq 0 ] || shift
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

for name in database kafka_admin kafka_broker kafka_relay kafka_worker grafana; do
    [ -s "$name" ] || openssl rand -hex 24 > "$name"
done

if ! [ -s kafka_keystore ]; then
    hosts=DNS:kafka,DNS:localhost,IP:127.0.0.1
    for name in "$@"; do hosts=$hosts,DNS:$name; done
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key
    openssl req -x509 -new -key ca.key -days 3650 -subj /CN=nowalls -addext keyUsage=critical,keyCertSign -out kafka_ca
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out broker.key
    openssl req -new -key broker.key -subj /CN=kafka -out broker.csr
    {
        echo "subjectAltName=$hosts"
        echo "basicConstraints=CA:FALSE"
        echo "keyUsage=digitalSignature"
        echo "extendedKeyUsage=serverAuth,clientAuth"
        echo "authorityKeyIdentifier=keyid"
    } > broker.ext
    openssl x509 -req -in broker.csr -CA kafka_ca -CAkey ca.key -CAcreateserial -days 825 -extfile broker.ext -out broker.crt
    cat broker.key broker.crt kafka_ca > kafka_keystore
    # the authority signs once: a new broker certificate comes with a new authority
    rm -f ca.key broker.key broker.csr broker.ext broker.crt kafka_ca.srl
fi
chmod 444 database kafka_* grafana
