# Brings up an X server with SPICE's agent in it, as a desktop does. Without a session of systemd's, the agent is told to look for none.
modprobe -a bochs uinput
mkdir -p /etc/default
echo 'SPICE_VDAGENTD_EXTRA_ARGS=-X' >/etc/default/spice-vdagentd
systemctl start spice-vdagentd.socket
until [ -e /dev/dri/card0 ]; do sleep 0.2; done
setsid Xorg :0 -noreset -nolisten tcp vt7 >/var/log/x.out 2>&1 </dev/null &
until [ -e /tmp/.X11-unix/X0 ]; do sleep 0.2; done
export DISPLAY=:0
setsid spice-vdagent -x -d -f /root >/var/log/vdagent.out 2>&1 </dev/null &
until grep -q 'sent guest xorg resolution' /var/log/vdagent.out; do sleep 0.2; done
