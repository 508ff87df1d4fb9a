#!/bin/sh
# Makes a Debian that customize.sh of ../debian made a guest of Lodge a desktop: in the directory $1, with the
# session LODGE_SESSION for the user LODGE_USER. mmdebstrap runs it between that one and filesystem.sh.
set -eu
umask 022
root=$1

in_guest() {
  chroot "$root" "$@"
}

for tree in tree "$LODGE_SESSION"; do
  cp -R --no-preserve=all "$LODGE_DESKTOP/$tree/." "$root"
done
chmod 755 "$root"/usr/lib/lodge/desktop-*

# Who is signed in without being asked, whoever the image's user is.
cat >"$root/etc/lightdm/lightdm.conf.d/60-lodge-user.conf" <<EOF
[Seat:*]
autologin-user=$LODGE_USER
autologin-session=$LODGE_SESSION
user-session=$LODGE_SESSION
EOF

# A session keeps the name that the machine had as it began, and asks whether that is this machine: it has the
# address that a guest's name has. (What begins with the address itself is replaced as a guest gets its name.)
printf ' 127.0.1.1 %s\n' "$LODGE_HOSTNAME" >>"$root/etc/hosts"

in_guest systemctl set-default graphical.target
in_guest systemctl enable lightdm.service lodge-desktop-home.service lodge-desktop-ready.service

# What would wake every idle desktop, or run in each without being of use.
for unit in systemd-tmpfiles-clean.timer man-db.timer logrotate.timer getty@tty1.service alsa-restore.service alsa-state.service; do
  in_guest systemctl mask "$unit"
done
