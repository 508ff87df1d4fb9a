#!/bin/busybox sh
# The first process of the tiny guest: devices, modules, network by DHCP, the agent that is in it, a shell on
# the serial port. ACPI's power button shuts it down.
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t devtmpfs dev /dev
mkdir -p /proc /sys /dev/pts /dev/shm /run /tmp /root /var/log /var/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devpts -o mode=620,ptmxmode=666 pts /dev/pts
mount -t tmpfs tmpfs /dev/shm
while read -r module; do insmod "/modules/$module.ko"; done </modules/order
hostname tiny
ip link set lo up
# What an image with a desktop says once that is drawn: the screen of this one is, from the start.
mkdir -p /run/lodge
: >/run/lodge/desktop-ready
if [ -x /usr/sbin/qemu-ga ]; then
  port=$(grep -lx org.qemu.guest_agent.0 /sys/class/virtio-ports/*/name | cut -d / -f 5)
  (while :; do qemu-ga -p "/dev/$port" -t /run; sleep 1; done) &
else
  (while :; do /usr/lib/lodge/lodge-agent; sleep 1; done) &
fi
for card in /sys/class/net/e*; do
  [ -e "$card" ] || continue
  ip link set "${card##*/}" up
  udhcpc -i "${card##*/}" -b -S -s /etc/udhcpc.sh >/dev/null 2>&1 &
done
if [ -e /dev/input/event0 ]; then acpid -f -c /etc/acpi >/dev/null 2>&1 & fi
# What a test adds to its guests (test/cluster/checker/image.ts).
if [ -x /etc/started ]; then /etc/started & fi
echo 'tiny guest is up'
while :; do setsid cttyhack sh -l; done
