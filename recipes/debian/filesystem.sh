#!/bin/sh
# Writes the tree in the directory $1 as the root file system into the disk file.
#
# mmdebstrap runs this as its last customize hook: here files have their right owners even where
# the caller is not root, and what mmdebstrap mounted is still mounted: without root, a device on each
# file in /dev. So this runs in a mount namespace of its own, in which nothing is mounted below the tree.
set -eu
if [ "${LODGE_OWN_MOUNTS:-}" != yes ]; then
  LODGE_OWN_MOUNTS=yes exec unshare --mount "$0" "$1"
fi
root=$1
# What hangs below a mount goes with it; by itself it could not where it is the host's own, as below /sys.
sed -n "s#^[^ ]* \($root/[^ ]*\) .*#\1#p" /proc/self/mounts | sort |
  awk 'last == "" || index($0, last "/") != 1 { print; last = $0 }' | xargs -r -n 1 umount --lazy

# No machine's identity and no trace of the build. An empty machine-id gets its content at boot;
# were the file missing, systemd would take it for a first boot and enable every unit it knows.
rm -rf "$root"/etc/ssh/ssh_host_* "$root/var/lib/systemd/random-seed" "$root/var/lib/systemd/credential.secret"
: >"$root/etc/machine-id"
chmod 444 "$root/etc/machine-id"
ln -sfn /etc/machine-id "$root/var/lib/dbus/machine-id"
rm -rf "$root"/run/* "$root"/tmp/* "$root"/tmp/.[!.]* "$root"/var/tmp/* \
  "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/ldconfig/* "$root"/var/cache/debconf/*-old \
  "$root"/var/lib/dpkg/*-old "$root/var/log/journal" \
  "$root/etc/apt/apt.conf.d/00mmdebstrap" "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
find "$root/dev" ! -type d -delete
find "$root/var/log" -type f -delete

# Nothing is newer than /usr: no boot needs to renew what is made from it (ld.so.cache, users, catalogs).
touch -r "$root/usr" "$root/etc/.updated" "$root/var/.updated"

# Features that GRUB 2.06 (Debian 12) cannot read stay off.
exec mke2fs -q -F -t ext4 -O ^metadata_csum_seed,^orphan_file -m 1 -L root -U "$LODGE_ROOT_UUID" \
  -E "offset=$LODGE_ROOT_OFFSET,root_owner=0:0,nodiscard" -d "$root" "$LODGE_DISK" "$LODGE_ROOT_KIB"k
