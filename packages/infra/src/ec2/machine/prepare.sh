#!/usr/bin/env bash
# Turns an Ubuntu machine into a Locust master and its workers, as settings.json says. loadwright.service runs it at every
# boot, as root; it may be run again at any time.
# What it says goes to the console as well, where EC2's GetConsoleOutput finds it. It never says a secret.
#
# Usage: prepare.sh [<root of all its files, for tests>]
set -Eeuo pipefail
umask 022

readonly root=${1:-}
readonly home=$root/opt/loadwright
readonly secrets=$root/run/loadwright
# What the commands print.
readonly log=$root/run/loadwright.log
readonly console=$root/dev/console
# The user `locust` of the image locustio/locust.
readonly locust_user=1000
step=starting
failed_line=0
exec 3>&1

say() {
  printf 'loadwright: %s\n' "$1" >&3
  if [[ -w $console ]]; then printf 'loadwright: %s\r\n' "$1" 2>/dev/null >>"$console" || true; fi
}

begin() {
  step=$1
  say "$step"
}

ended() {
  if (($1 == 0)); then return; fi
  # Why, in the words of the command that failed.
  while read -r line; do say "$line"; done < <(tail -n 5 "$log")
  say "FAILED while $step (line $failed_line, exit code $1)"
}
trap 'failed_line=$LINENO' ERR
trap 'ended "$?"' EXIT
exec >"$log" 2>&1

# Runs a command again and again until it succeeds, with longer and longer pauses.
patiently() {
  local seconds=$1 pause=1
  shift
  local deadline=$((SECONDS + seconds))
  until "$@"; do
    if ((SECONDS + pause > deadline)); then return 1; fi
    sleep "$pause"
    pause=$((pause < 8 ? pause * 2 : 15))
  done
}

setting() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$home/settings.json" "$1"
}

install_packages() {
  local apt=(apt-get -q -y -o Acquire::Retries=5 -o DPkg::Lock::Timeout=120)
  timeout 300 "${apt[@]}" update && timeout 600 "${apt[@]}" install docker.io docker-compose-v2
}

compose() {
  docker compose -p loadwright -f "$home/bundle/docker-compose.yml" -f "$home/machine.yml" "$@"
}

web_ui_answers() {
  python3 "$home/answers.py"
}

begin 'reading the settings'
ui_port=$(setting uiPort)
scheme=$(setting scheme)
workers=$(setting workers)
image=$(setting image)
expires=$(date --date="$(setting expiresAt)" +%s)
if (($(date +%s) >= expires)); then
  # A timer whose time is past when it is first started never goes off.
  say 'the time to live is over: powering off'
  systemctl poweroff
  exit
fi

begin 'raising limits'
sysctl --quiet --load "$root/etc/sysctl.d/60-loadwright.conf"

begin 'turning off unattended upgrades'
# They would take time from a measurement, and keep apt-get waiting. An image of one's own may not have them.
upgrades=(apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service unattended-upgrades.service)
systemctl stop "${upgrades[@]}" || true
systemctl mask "${upgrades[@]}" || true

if ! docker compose version >/dev/null 2>&1; then
  begin 'installing Docker'
  export DEBIAN_FRONTEND=noninteractive
  patiently 900 install_packages
fi
patiently 60 docker info >/dev/null

begin 'fetching the bundle and the variables'
install -d -m 0700 "$secrets"
if [[ $(stat --file-system --format=%T "$secrets") != tmpfs ]]; then
  echo "$secrets is not in memory: secrets would be written to the disk"
  false
fi
python3 "$home/fetch.py" "$home/settings.json" "$home/bundle" "$secrets"
chown "$locust_user:$locust_user" "$secrets/master.json" "$secrets/worker.json"

if [[ $scheme == https ]]; then
  begin 'making the certificate of the web UI'
  python3 "$home/certificate.py" "$home/settings.json" "$secrets"
  chown "$locust_user:$locust_user" "$secrets/key.pem" "$secrets/certificate.pem"
fi

if ! docker image inspect "$image" >/dev/null 2>&1; then
  begin "pulling $image"
  patiently 600 timeout 600 docker pull --quiet "$image"
fi

begin "starting the master and $workers workers"
# Containers of an earlier boot have the files of that boot.
compose up -d --force-recreate --scale "worker=$workers"

begin 'waiting for the web UI'
if ! patiently 120 web_ui_answers; then
  compose logs --no-color --tail 20 master
  false
fi
say "ready: the web UI listens on port $ui_port"
