#!/bin/sh
# Makes the freshly installed Debian in the directory $1 a guest of Lodge.
#
# mmdebstrap runs this as a customize hook, with the packages installed and /dev, /proc and /sys
# mounted. Its parameters come as LODGE_* variables from src/hypervisor/image/build-debian.ts.
set -eu
umask 022
root=$1

in_guest() {
  chroot "$root" "$@"
}

# What Lodge adds, owned by root and with plain modes whatever the checkout's umask was.
cp -R --no-preserve=all "$LODGE_TREE/." "$root"
chmod 755 "$root/usr/lib/lodge/ssh-host-key"

# The guest agent, and the parts it reads from its own folder.
install -m 755 "$LODGE_AGENT/lodge-agent" "$root/usr/lib/lodge/lodge-agent"
install -m 644 "$LODGE_AGENT"/*.pl "$root/usr/lib/lodge/"
install -m 644 "$LODGE_AGENT/lodge-agent.service" "$root/usr/lib/systemd/system/lodge-agent.service"
in_guest systemctl enable lodge-agent.service

# Names.
printf '%s\n' "$LODGE_HOSTNAME" >"$root/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"
printf 'LANG=C.UTF-8\n' >"$root/etc/default/locale"

# The user: no password, root by sudo. It exists before cloud-init runs, so that a fork, in which
# cloud-init need not run, has it too.
in_guest useradd --create-home --shell /bin/bash --comment Lodge --groups adm,sudo "$LODGE_USER"
printf '%s ALL=(ALL) NOPASSWD:ALL\n' "$LODGE_USER" >"$root/etc/sudoers.d/90-lodge"
chmod 440 "$root/etc/sudoers.d/90-lodge"
cat >"$root/etc/cloud/cloud.cfg.d/91-lodge-user.cfg" <<EOF
system_info:
  default_user:
    name: $LODGE_USER
    gecos: Lodge
    lock_passwd: true
    groups: [adm, sudo]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
EOF

# Packages come from Debian's public mirror, wherever they came from now.
rm -f "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/*
cat >"$root/etc/apt/sources.list.d/debian.sources" <<EOF
Types: deb
URIs: http://deb.debian.org/debian
Suites: $LODGE_SUITE $LODGE_SUITE-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: $LODGE_SUITE-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF

# Network. Nothing in a boot waits for it: a template's card has no link.
in_guest systemctl enable systemd-networkd.service systemd-resolved.service
in_guest systemctl mask systemd-networkd-wait-online.service
ln -sfn ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"

# SSH starts with the first connection, so that no parked template has read a host key.
in_guest systemctl disable ssh.service
in_guest systemctl enable ssh.socket

# What would wake every fork at the same moment. 'systemctl enable' in a guest brings each back.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer grub-common.service sshd-keygen.service systemd-network-generator.service; do
  [ ! -e "$root/usr/lib/systemd/system/$unit" ] || in_guest systemctl disable "$unit"
done

# What a guest has no use for at boot. Every process counts: without KVM each costs a quarter of a second.
in_guest systemctl set-default multi-user.target
in_guest systemctl mask systemd-pstore.service modprobe@efi_pstore.service modprobe@drm.service \
  modprobe@configfs.service modprobe@fuse.service sys-kernel-config.mount sys-fs-fuse-connections.mount \
  systemd-udev-load-credentials.service
mkdir -p "$root/etc/systemd/system-generators"
for generator in ssh gpt-auto hibernate-resume run system-update tpm2; do
  ln -s /dev/null "$root/etc/systemd/system-generators/systemd-$generator-generator"
done

# File systems. The EFI partition is only mounted while something (an upgrade of GRUB) looks at it.
mkdir -p "$root/boot/efi"
cat >"$root/etc/fstab" <<EOF
UUID=$LODGE_ROOT_UUID / ext4 errors=remount-ro 0 1
UUID=$LODGE_ESP_ID /boot/efi vfat umask=0077,noauto,x-systemd.automount,x-systemd.idle-timeout=10 0 0
EOF

# The initramfs, once, for whatever disk QEMU may give a guest, and the CD with the seed: whether there is
# one is decided as soon as the root file system is mounted. And /vmlinuz and /initrd.img, which the
# kernel's package sets itself where it also makes the initramfs.
printf '%s\n' virtio_pci virtio_blk virtio_scsi nvme ahci ata_piix sd_mod sr_mod ext4 >>"$root/etc/initramfs-tools/modules"
unset INITRD
in_guest update-initramfs -c -k all
for kernel in "$root"/boot/vmlinuz-*; do
  in_guest linux-update-symlinks install "${kernel##*/vmlinuz-}" "/boot/${kernel##*/}"
done

# Boot. grub-install and update-grub look for the disk behind '/', and there is none yet. So the
# first grub.cfg is this one, by way of the symbolic links to the newest kernel that Debian keeps in
# '/'. In the guest, an upgrade of the kernel runs update-grub, which replaces it; an upgrade of GRUB
# runs grub-install for BIOS and UEFI, which grub-cloud-amd64 does where it finds enable_cloud.
touch "$root/etc/grub.d/enable_cloud"
mkdir -p "$root/boot/grub"
cp -R "$root/usr/lib/grub/i386-pc" "$root/boot/grub/"
cat >"$root/boot/grub/grub.cfg" <<EOF
# Written with the image; the first update-grub replaces it.
search --no-floppy --fs-uuid --set=root $LODGE_ROOT_UUID
linux /vmlinuz root=UUID=$LODGE_ROOT_UUID ro console=tty0 console=ttyS0,115200 quiet systemd.tty.term.console=dumb psi=0 block.events_dfl_poll_msecs=60000
initrd /initrd.img
boot
EOF
mkdir -p "$root/tmp/lodge"
cat >"$root/tmp/lodge/early.cfg" <<EOF
search.fs_uuid $LODGE_ROOT_UUID root
set prefix=(\$root)/boot/grub
EOF
in_guest grub-mkimage --format=i386-pc --output=/tmp/lodge/core.img --prefix=/boot/grub \
  --config=/tmp/lodge/early.cfg biosdisk part_gpt ext2 search search_fs_uuid normal configfile linux test echo

# What goes outside the root file system.
cp "$root/usr/lib/grub/i386-pc/boot.img" "$root/tmp/lodge/core.img" \
  "$root/usr/lib/shim/shimx64.efi.signed" "$root/usr/lib/shim/mmx64.efi.signed" \
  "$root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$LODGE_BOOT/"
