#!/usr/bin/env bash
# Makes, once, the secrets that compose.yaml needs, in the folder `secrets` beside this file. There are no others and no
# defaults. Nobody but who ran it can enter the folder; the files in it that containers read are readable inside.
#
#   infra/init-secrets.sh [HOST]      HOST is the name by which callers reach the service, `localhost` unless given
set -euo pipefail
umask 077

host=${1:-localhost}
name="DNS:$host"
if [[ $host =~ ^[0-9.]+$|: ]]; then name="IP:$host"; fi
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/secrets
if [[ -e $folder ]]; then
  echo "$folder is there already. To begin anew, remove it with all that it has sealed: the volumes of compose.yaml." >&2
  exit 1
fi
draft=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$draft"' EXIT
cd "$draft"

password() { openssl rand -hex 24; }
base64url() { openssl rand -base64 "$1" | tr '+/' '-_' | tr -d '=\n'; }

owner=$(password)
identity=$(password)
printf %s "$(password)" > postgres_password
printf %s "$owner" > headgate_owner_password
printf %s "$identity" > headgate_identity_password
printf %s "$(password)" > headgate_backup_password

cat > api.env << EOF
DATABASE_URL=postgresql://headgate_owner:$owner@postgres:5432/headgate
VAULT_KEYS={"keys":[{"kty":"oct","kid":"headgate-$(date -u +%F)-$(openssl rand -hex 4)","k":"$(base64url 32)"}]}
EOF
cat > identity.env << EOF
DATABASE_URL=postgresql://headgate_identity:$identity@postgres:5432/identity
IDENTITY_SECRET=$(base64url 48)
EOF

# For the proxy, in place of one that an authority has signed. It vouches for nothing but its own names, and there is no
# key of an authority that could vouch for others.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 -subj "/CN=$host" \
  -addext "subjectAltName=$name,DNS:proxy" -addext 'basicConstraints=critical,CA:FALSE' \
  -keyout tls.key -out tls.crt 2> /dev/null
cat tls.crt tls.key > tls.pem
rm tls.key

chmod 444 ./*_password tls.crt tls.pem
mv "$draft" "$folder"
trap - EXIT
echo "The secrets are in $folder. Keep a copy of api.env and identity.env elsewhere, encrypted: see README.md."
