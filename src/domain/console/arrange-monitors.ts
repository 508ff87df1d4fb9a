/**
 * Several monitors in a guest with an X server. Its graphics card has an output for each (QEMU's virtio-vga), of which QEMU
 * shows every one on a screen of its own. Viewers see one picture, as RFB has it: so the first output shows all of the X
 * server's screen, and RandR's own monitors say to programs where each really is.
 *
 *   output Virtual-1  ├──────────────── all of it ───────────────┤   what is watched
 *   output Virtual-2                     ├─── its own part ──────┤   what nobody watches; it has to be there
 *   monitors          ├───── lodge-1 ────┤├────── lodge-2 ───────┤   what programs go by (RandR 1.5)
 *
 * By scripts that Lodge's agent runs: an output without anybody who watches it is connected by force, which only the kernel does.
 */
import type { GuestAgent } from "#hypervisor/agent/guest-agent";
import type { Monitors } from "./screen-size.ts";

/** Milliseconds for all of it: without KVM it takes a second or two. */
const timeout = 60_000;
/** Characters of what the guest says, the last of them. */
const mostWords = 500;

/**
 * As root. Arguments: the script below, and WIDTHxHEIGHT of each monitor. With one alone it undoes what was done, and leaves its size to
 * SPICE's agent. The X server lets in whoever is signed in at it, whatever its guest has been called since (docs/decisions/0062).
 */
const connecting = `
arrange=$1 && shift
marker=/run/lodge/monitors
known=$(cat $marker 2>/dev/null || echo 1)
[ $# -gt 1 ] || [ $known -gt 1 ] || exit 0
for number in 2 3 4; do
  [ $number -le $# ] && connect=on || connect=detect
  [ $number -gt $# ] && [ $number -gt $known ] || echo $connect | tee /sys/class/drm/card*-Virtual-$number/status >/dev/null
done
mkdir -p /run/lodge && echo $# >$marker
export DISPLAY=:0 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus
[ -d /run/lightdm ] && become="runuser -u $(id -nu 1000) --" || become=
exec $become sh -c "$arrange" $known "$@"
`;

/**
 * As whoever is signed in. Arguments: how many there were before, and WIDTHxHEIGHT of each. Without KVM each call of xrandr takes
 * half a second: all that it can say at once it says in one. Programs are told of monitors before outputs, so that none lies over another.
 */
const arranging = `
# XFCE would ask its user what the new monitor is for.
[ $0 -gt 1 ] || ! command -v xfconf-query >/dev/null || xfconf-query -c displays -p /Notify -n -t int -s 0
# The X server sees what is connected only when it is asked to look.
known=$(xrandr)

made= added= outputs= monitors= number=1
while [ $number -le $0 ]; do
  if [ $# -eq 1 ] || [ $number -gt $# ]; then monitors="$monitors --delmonitor lodge-$number"; fi
  [ $number -le $# ] || outputs="$outputs --output Virtual-$number --off"
  number=$((number + 1))
done
[ $# -gt 1 ] || exec xrandr $outputs $monitors

# What an output is to show: the numbers of it and of its column, and its size.
show() {
  name=lodge-$1-$3x$4
  outputs="$outputs --output Virtual-$1 --mode $name --pos $2x0"
  case $known in *" $name  "*) return ;; esac
  # xrandr passes over what comes after a mode's numbers.
  made="$made --newmode $name $(($3 * $4 * 60 / 1000000)) $3 $3 $3 $3 $4 $4 $4 $4 --current"
  added="$added --addmode Virtual-$1 $name"
}
width=0 height=0 number=1 primary='*'
for size; do
  w=\${size%x*} h=\${size#*x}
  # One of this name stays as it is.
  monitors="$monitors --delmonitor lodge-$number --setmonitor \${primary}lodge-$number $w/$((w * 254 / 960))x$h/$((h * 254 / 960))+$width+0 Virtual-$number"
  [ $number -eq 1 ] || show $number $width $w $h
  width=$((width + w)) number=$((number + 1)) primary=
  [ $h -le $height ] || height=$h
done
show 1 0 $width $height
set -f
[ -z "$made" ] || xrandr $made
xrandr $added $monitors
exec xrandr --current --output Virtual-1 --primary $outputs
`;

/** Resolves with why it could not be done, in the guest's words; undefined: it is done. @throws LodgeError agent.unreachable, … */
export async function arrangeMonitors(
  agent: Pick<GuestAgent, "exec">,
  monitors: Monitors,
): Promise<string | undefined> {
  const sizes = monitors.map(({ width, height }) => `${width}x${height}`);
  const argv = ["/bin/sh", "-c", connecting, "monitors", arranging, ...sizes];
  const { stdin, stdout, stderr, exit } = await agent.exec({ argv, user: "root" }, { timeout });
  let words = "";
  for (const stream of [stdin, stdout, stderr]) stream.on("error", () => undefined);
  stdin.end();
  stdout.resume();
  stderr.on("data", (piece: Buffer) => void (words = (words + piece.toString()).slice(-mostWords)));
  const { code } = await exit;
  return code === 0 ? undefined : `${code}: ${words.trim()}`;
}
