#!/bin/sh
# A computer of namespaces, with systemd as its first process: this host's own files under an overlay that is thrown
# away, devices that do no harm, a network, process ids and cgroups of its own. It boots once for each script 1.sh,
# 2.sh, … of the folder, runs it as a service, and is powered off at its end; what the script prints is in 1.out, ….
#
#   computer.sh FOLDER        as root, in a mount namespace of its own; the folder is not below /run, /dev, /proc or /sys
set -eu
folder=$1

# Everything that has to outlive a boot is in this mount namespace, and ends with it.
outside() {
  mount --make-rprivate /
  for name in disk cgroup; do mkdir -p "$folder/$name"; done
  mount -t tmpfs tmpfs "$folder/disk"
  mkdir "$folder/disk/upper" "$folder/disk/work" "$folder/disk/root"
  mount -t cgroup2 cgroup2 "$folder/cgroup"
  group=$folder/cgroup/lodge-computer-$$
  mkdir "$group"
  trap 'echo $$ >"$folder/cgroup/cgroup.procs"; find "$group" -depth -type d -exec rmdir {} +' EXIT
  echo $$ >"$group/cgroup.procs"
  boot=1
  while [ -e "$folder/$boot.sh" ]; do
    # The kernel ends a computer's first process by a signal when it is powered off.
    unshare --cgroup --pid --fork --kill-child --mount --uts --ipc --net "$0" "$folder" $boot >"$folder/$boot.console" 2>&1 || true
    boot=$((boot + 1))
  done
}

# Also what must not run in it: all that is about hardware, the kernel's settings, or others' files.
masked='systemd-udevd.service systemd-udev-trigger.service systemd-sysctl.service systemd-modules-load.service
  systemd-binfmt.service systemd-tmpfiles-setup.service systemd-tmpfiles-clean.timer systemd-remount-fs.service
  systemd-networkd.service systemd-resolved.service systemd-timesyncd.service systemd-logind.service
  systemd-firstboot.service getty.target console-getty.service sys-kernel-debug.mount sys-kernel-tracing.mount
  sys-fs-fuse-connections.mount sys-kernel-config.mount'

files() {
  root=$folder/disk/root
  mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/disk/upper,workdir=$folder/disk/work" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  mkdir "$root/dev/net" "$root/dev/pts" "$root/dev/shm"
  for name in null zero full random urandom tty net/tun; do
    touch "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
  done
  mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  mkdir -p "$root/computer" "$root/old" "$root/var/log/journal"
  mount --bind "$folder" "$root/computer"
}

units() {
  units=$root/etc/systemd/system
  if [ ! -e "$root/etc/lodge-computer" ]; then
    # None of this host's own services.
    rm -rf "$units"/*.wants "$units"/*.requires
    for name in $masked; do ln -sf /dev/null "$units/$name"; done
    ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
    echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
    touch "$root/etc/lodge-computer"
  fi
  mkdir -p "$units/multi-user.target.wants"
  ln -sf ../script.service "$units/multi-user.target.wants/script.service"
  cat >"$units/script.service" <<END
[Unit]
After=multi-user.target
[Service]
Type=oneshot
TimeoutStartSec=300
ExecStart=/bin/sh /computer/$boot.sh
ExecStopPost=/bin/systemctl start --no-block poweroff.target
StandardOutput=append:/computer/$boot.out
StandardError=append:/computer/$boot.err
END
}

if [ $# -eq 1 ]; then
  outside
else
  boot=$2
  files
  units
  cd "$root"
  pivot_root . old
  umount -l /old
  # So it takes itself for a container's, and leaves hardware alone.
  exec env -i container=lodge-computer PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --show-status=no
fi
