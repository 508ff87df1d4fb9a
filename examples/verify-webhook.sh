#!/bin/sh
# Is a message of the webhook whose secret this is? verify-webhook.sh SECRET ID TIMESTAMP SIGNATURES <BODY
set -eu
key=$(printf %s "${1#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
ours=$({ printf '%s.%s.' "$2" "$3"; cat; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
for signature in $4; do
    [ "$signature" = "v1,$ours" ] && exit 0
done
echo "the signature does not fit" >&2
exit 1
