# Brings up a bare X server with SPICE's agent in it, in the place of the session that there is. Without a session of systemd's, the agent
# is told to look for none.
systemctl stop lightdm.service user-1000.slice
while [ -e /tmp/.X11-unix/X0 ]; do sleep 0.2; done
modprobe uinput
mkdir -p /etc/default
echo 'SPICE_VDAGENTD_EXTRA_ARGS=-X' >/etc/default/spice-vdagentd
systemctl restart spice-vdagentd.socket spice-vdagentd.service
setsid Xorg :0 -noreset -nolisten tcp vt7 >/var/log/x.out 2>&1 </dev/null &
until [ -e /tmp/.X11-unix/X0 ]; do sleep 0.2; done
export DISPLAY=:0
setsid spice-vdagent -x -d -f /root >/var/log/vdagent.out 2>&1 </dev/null &
until grep -q 'sent guest xorg resolution' /var/log/vdagent.out; do sleep 0.2; done
