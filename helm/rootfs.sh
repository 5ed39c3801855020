#!/bin/sh
# The whole file system of the image: rootfs.sh DIR BINARY... The Dockerfile's last stage is this folder and nothing else, and
# tests/helm/test_image.py runs a worker in it. Programs, the libraries that they ask for, the authorities that vouch for the
# vendors, and a user: no shell, no package manager, nothing to patch but these.
set -eu
dir=$1
shift
mkdir -p "$dir/usr/local/bin" "$dir/etc/ssl/certs"
for binary in "$@"; do
  install -m 0755 "$binary" "$dir/usr/local/bin/"
  ldd "$binary" | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p'
done | sort -u | while read -r library; do
  mkdir -p "$dir$(dirname "$library")"
  cp -L "$library" "$dir$library"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$dir/etc/ssl/certs/"
echo 'push:x:65532:65532:push:/:/sbin/nologin' >"$dir/etc/passwd"
echo 'push:x:65532:' >"$dir/etc/group"
echo 'hosts: files dns' >"$dir/etc/nsswitch.conf"
