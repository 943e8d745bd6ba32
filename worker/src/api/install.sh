#!/bin/sh
# Puts the Afloat agent on this host, enrols it with __AFLOAT_URL__ and starts it. Read it before you run it; it changes
# nothing outside the folders it names. Run again, it brings the newest agent and leaves configuration and credential alone.
#
#   curl -fsSL __AFLOAT_URL__/install.sh | AFLOAT_ENROLMENT_KEY=afk_... sh
#
# Without AFLOAT_ENROLMENT_KEY it asks. As root it installs for the whole host, else for you alone.
set -eu

URL="__AFLOAT_URL__"

# Nothing runs before the last line has arrived: a download that broke off does nothing.
main() {
  need_node
  choose_folders
  umask 077
  mkdir -p "$LIB" "$BIN" "$CONFIG" "$STATE"
  fetch_agent
  write_command
  write_config
  enrol
  start
  say ""
  say "Done. This host is on $URL/app now."
  say "Next: name your services in $CONFIG/afloat.yaml, then: $BIN/afloat check, and restart the agent ($RESTART)"
}

say() { printf '%s\n' "$*"; }
fail() {
  printf 'afloat: %s\n' "$*" >&2
  exit 1
}

need_node() {
  NODE="${AFLOAT_NODE:-$(command -v node || true)}"
  [ -n "$NODE" ] || fail "expected Node.js 20 or newer on PATH, found none: install it (https://nodejs.org, or your package manager), then run this again"
  "$NODE" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
    fail "expected Node.js 20 or newer, found $("$NODE" --version) at $NODE: install a newer one, or say where it is with AFLOAT_NODE"
}

choose_folders() {
  if [ "$(id -u)" = 0 ]; then
    LIB=/usr/local/lib/afloat BIN=/usr/local/bin CONFIG=/etc/afloat STATE=/var/lib/afloat
  else
    [ -n "${HOME:-}" ] || fail "expected HOME to be set"
    LIB="${XDG_DATA_HOME:-$HOME/.local/share}/afloat" BIN="$HOME/.local/bin"
    CONFIG="${XDG_CONFIG_HOME:-$HOME/.config}/afloat" STATE="${XDG_STATE_HOME:-$HOME/.local/state}/afloat"
  fi
}

fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsS --retry 3 "$1" -o "$2" || fail "could not fetch $1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q "$1" -O "$2" || fail "could not fetch $1"
  else
    fail "expected curl or wget, found neither"
  fi
}

# The checksum finds a broken download; that it is the right server is what https is for.
fetch_agent() {
  fetch "$URL/agent/release.json" "$LIB/release.json"
  fetch "$URL/agent/afloat.cjs" "$LIB/afloat.cjs.new"
  "$NODE" -e '
    const { readFileSync } = require("node:fs");
    const [release, file] = process.argv.slice(1);
    const { sha256, version } = JSON.parse(readFileSync(release, "utf8"));
    const got = require("node:crypto").createHash("sha256").update(readFileSync(file)).digest("hex");
    if (got !== sha256) { console.error(`afloat: expected SHA-256 ${sha256}, got ${got}: the download is broken, run this again`); process.exit(1); }
    console.log(`afloat ${version}, checksum right`);
  ' "$LIB/release.json" "$LIB/afloat.cjs.new" || exit 1
  chmod 644 "$LIB/afloat.cjs.new"
  mv "$LIB/afloat.cjs.new" "$LIB/afloat.cjs"
}

# The command reads an afloat.yaml of the folder it is called in; else the one of this installation.
write_command() {
  cat >"$BIN/afloat.new" <<END
#!/bin/sh
if [ -z "\${AFLOAT_CONFIG:-}" ] && [ ! -f afloat.yaml ]; then
  AFLOAT_CONFIG="$CONFIG/afloat.yaml"
  AFLOAT_STATE="\${AFLOAT_STATE:-$STATE}"
  export AFLOAT_CONFIG AFLOAT_STATE
fi
exec "$NODE" "$LIB/afloat.cjs" "\$@"
END
  chmod 755 "$BIN/afloat.new"
  mv "$BIN/afloat.new" "$BIN/afloat"
  chmod 755 "$LIB" 2>/dev/null || true
}

write_config() {
  [ -f "$CONFIG/afloat.yaml" ] && return 0
  cat >"$CONFIG/afloat.yaml" <<END
cloud: $URL
remote: [restart] # what may be asked from the dashboard; off for none

services: {}
#  my-backend:
#    command: node server.js
#    cwd: /srv/my-backend
#    port: 5001
#    health: /health
END
}

afloat() { AFLOAT_CONFIG="$CONFIG/afloat.yaml" AFLOAT_STATE="$STATE" "$NODE" "$LIB/afloat.cjs" "$@"; }

enrol() {
  if [ -f "$STATE/credential.json" ]; then
    say "this host is enrolled already; its credential stays ($STATE/credential.json)"
    return 0
  fi
  if [ -z "${AFLOAT_ENROLMENT_KEY:-}" ]; then
    [ -r /dev/tty ] || fail "expected the enrolment key in AFLOAT_ENROLMENT_KEY, or a terminal to ask for it"
    printf 'Enrolment key (afk_..., from %s/app/hosts/new): ' "$URL" >/dev/tty
    stty -echo </dev/tty
    read -r AFLOAT_ENROLMENT_KEY </dev/tty || true
    stty echo </dev/tty
    printf '\n' >/dev/tty
  fi
  AFLOAT_ENROLMENT_KEY="$AFLOAT_ENROLMENT_KEY" afloat enroll --cloud "$URL"
  unset AFLOAT_ENROLMENT_KEY
}

start() {
  if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then
    write_unit /etc/systemd/system/afloat.service multi-user.target
    systemctl daemon-reload && systemctl enable --quiet afloat && systemctl restart afloat
    RESTART="systemctl restart afloat"
    say "started by systemd, now and at every boot: systemctl status afloat"
  elif [ -d /run/systemd/system ] && systemctl --user show-environment >/dev/null 2>&1; then
    mkdir -p "$HOME/.config/systemd/user"
    write_unit "$HOME/.config/systemd/user/afloat.service" default.target
    systemctl --user daemon-reload && systemctl --user enable --quiet afloat && systemctl --user restart afloat
    RESTART="systemctl --user restart afloat"
    say "started by your systemd: systemctl --user status afloat"
    say "to start it at boot, before you sign in: loginctl enable-linger"
  else
    RESTART="$BIN/afloat down; $BIN/afloat up --daemon"
    if afloat status >/dev/null 2>&1; then
      say "an agent runs here already; to use the new one: $RESTART"
    else
      afloat up --daemon
      say "started in the background. There is no systemd here; to start it at boot, add to crontab -e:"
      say "  @reboot $BIN/afloat up --daemon"
    fi
  fi
}

# Services outlive their agent: systemd ends the agent's process alone, and the next agent adopts them.
write_unit() {
  cat >"$1" <<END
[Unit]
Description=Afloat keeps the services of this host up
Documentation=$URL/app
After=network-online.target
Wants=network-online.target

[Service]
ExecStartPre=$NODE $LIB/afloat.cjs --config $CONFIG/afloat.yaml --state $STATE up --prepare
ExecStart=$NODE $LIB/afloat.cjs daemon --config $CONFIG/afloat.yaml --state $STATE
ExecReload=$NODE $LIB/afloat.cjs --config $CONFIG/afloat.yaml --state $STATE reload --yes
KillMode=process
OOMPolicy=continue
Restart=always
RestartSec=1

[Install]
WantedBy=$2
END
  chmod 644 "$1"
}

main "$@"
