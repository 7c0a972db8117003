#!/usr/bin/env bash
# Boots systemd, as the first process of namespaces of its own, on the disk that boots.mjs has written.
#
# Usage: boot.sh <folder of the disk> <name of its control group>
set -euo pipefail
readonly disk=$1 group=$2

# Control groups of version 1 have a hierarchy for systemd alone.
root=/sys/fs/cgroup
if [[ -d $root/systemd ]]; then root=$root/systemd; fi

if [[ -z ${LOADWRIGHT_INSIDE-} ]]; then
  mkdir -p "$root/$group"
  echo $$ >"$root/$group/cgroup.procs"
  LOADWRIGHT_INSIDE=1 exec unshare --mount --uts --ipc --cgroup --pid --fork --mount-proc --kill-child=SIGKILL \
    bash "$0" "$@"
fi

# The first process sets limits of the kernel, and names the machine: not those of this one.
for path in /proc/sys /etc; do
  mount --bind "$path" "$path"
  mount -o remount,bind,ro "$path"
done
mount -t tmpfs tmpfs /run
for path in /etc/systemd/system /usr/lib/systemd/system /usr/lib/systemd/system-generators /var/lib/systemd /opt; do
  mount --bind "$disk$path" "$path"
done
if [[ $root == */systemd ]]; then
  mount -t tmpfs tmpfs /sys/fs/cgroup
  mkdir "$root"
  mount -t cgroup -o none,name=systemd,xattr cgroup "$root"
else
  mount -t cgroup2 cgroup2 "$root"
fi
container=other exec /lib/systemd/systemd --system --unit=boot.target --log-target=null
