#!/usr/bin/env bash
# Starts, stops and looks at the three ZooKeeper servers of this folder: zk01, zk02, zk03.
#
# They are Debian's ZooKeeper (packages zookeeper and libzookeeper-java). Where that is absent, one
# embedded coordination server of Quorate takes their place, on the port of the first.
set -eu
cd "$(dirname "$0")"
. ./commands.sh

jar=${ZOOKEEPER_JAR:-/usr/share/java/zookeeper.jar}
# With Debian's log4j.properties; another one may stand there.
conf=${ZOOKEEPER_CONF:-/etc/zookeeper/conf}
usage="usage: $0 start|stop|status"
start_within_s=30
stop_within_s=15

if command -v java >/dev/null && [ -e "$jar" ]; then
  servers='zk01 zk02 zk03'
else
  servers='coordination'
fi

# The ports of a server, each with the words that set it: clientPort first.
ports_of() {
  local server=$1 id
  if [ "$server" = coordination ]; then
    echo "2191 zk_batch.sh"
    return
  fi
  id=$(cat "$server/data/myid")
  sed -n "s/^clientPort=\([0-9]*\).*/\1 clientPort in $server\/zoo.cfg/p" "$server/zoo.cfg"
  sed -n "s/^server\.$id=[^:]*:\([0-9]*\):\([0-9]*\).*/\1 \2/p" "$server/zoo.cfg" |
    while read -r quorum election; do
      echo "$quorum server.$id in $server/zoo.cfg"
      echo "$election server.$id in $server/zoo.cfg"
    done
}

client_port() {
  ports_of "$1" | sed -n '1s/ .*//p'
}

# What makes a running server ours: the words of its command line.
mark_of() {
  if [ "$1" = coordination ]; then echo "$PWD/coordination"; else echo "$PWD/$1/zoo.cfg"; fi
}

# The pid of a server that runs; nothing when it does not. A number alone proves nothing: it may
# have been given to another process since.
pid_of() {
  local server=$1 pid
  pid=$(cat "$server/$server.pid" 2>/dev/null) || return 0
  if ps -p "$pid" -o args= 2>/dev/null | grep -qF -- "$(mark_of "$server")"; then echo "$pid"; fi
}

# Line of the answer to `srvr` that says what the server is; nothing when it does not serve.
mode_of() {
  (
    exec 3<>"/dev/tcp/localhost/$(client_port "$1")"
    printf srvr >&3
    while read -r -t 5 line <&3; do
      case $line in Mode:*) echo "${line#Mode: }" ;; esac
    done
  ) 2>/dev/null || true
}

is_taken() {
  (exec 3<>"/dev/tcp/localhost/$1") 2>/dev/null
}

run() {
  local server=$1
  if [ "$server" = coordination ]; then
    exec_quorate coordination --directory "$PWD/coordination/data" --bind tcp://127.0.0.1:2191
  fi
  # Paths in zoo.cfg are relative to its folder.
  local config=$PWD/$server/zoo.cfg
  cd "$server"
  exec java -Xmx256m -Dzookeeper.root.logger=INFO,CONSOLE -cp "$conf:$jar" \
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$config"
}

start_one() {
  local server=$1 pid port setting
  pid=$(pid_of "$server")
  if [ -n "$pid" ]; then
    echo "$server runs already (pid $pid)"
    return
  fi
  if [ -e "$server/$server.pid" ]; then
    echo "$server/$server.pid is of a process that is gone; it is replaced"
  fi
  while read -r port setting; do
    if is_taken "$port"; then
      fail "$server: port $port ($setting) is taken by another process"
    fi
  done < <(ports_of "$server")
  mkdir -p "$server"
  # In a session of its own: a Ctrl-C in this terminal is not for the server.
  if command -v setsid >/dev/null; then
    own_session=setsid
  else
    own_session=nohup
  fi
  $own_session bash "$PWD/zk_batch.sh" run "$server" >>"$server/$server.log" 2>&1 </dev/null &
  echo $! >"$server/$server.pid"
}

await_one() {
  local server=$1 mode='' waited=0
  while [ -z "$mode" ]; do
    if [ -z "$(pid_of "$server")" ] && [ "$waited" -gt 10 ]; then
      tail -n 5 "$server/$server.log" >&2
      fail "$server ended while starting: see $server/$server.log"
    fi
    if [ "$waited" -gt $((start_within_s * 10)) ]; then
      fail "$server does not serve after $start_within_s s: see $server/$server.log"
    fi
    sleep 0.1
    waited=$((waited + 1))
    mode=$(mode_of "$server")
  done
  echo "$server started (pid $(pid_of "$server"), port $(client_port "$server"), $mode)"
}

stop_one() {
  local server=$1 pid waited=0
  pid=$(pid_of "$server")
  if [ -z "$pid" ]; then
    echo "$server does not run"
  else
    kill "$pid"
    while [ -n "$(pid_of "$server")" ]; do
      [ "$waited" -lt $((stop_within_s * 10)) ] || fail "$server (pid $pid) does not stop"
      sleep 0.1
      waited=$((waited + 1))
    done
    echo "$server stopped (pid $pid)"
  fi
  rm -f "$server/$server.pid"
}

status_one() {
  local server=$1 pid mode
  pid=$(pid_of "$server")
  mode=$(mode_of "$server")
  if [ -n "$pid" ] && [ -n "$mode" ]; then
    echo "$server serves (pid $pid, port $(client_port "$server"), $mode)"
  elif [ -n "$pid" ]; then
    echo "$server runs and does not serve (pid $pid, port $(client_port "$server")): do most run?"
    return 1
  else
    echo "$server does not run"
    return 1
  fi
}

case ${1:-} in
  start)
    if [ "$servers" = coordination ]; then
      echo "no $jar, or no java: one embedded coordination server runs in place of three"
    fi
    for server in $servers; do start_one "$server"; done
    for server in $servers; do await_one "$server"; done
    ;;
  stop)
    for server in $servers; do stop_one "$server"; done
    ;;
  status)
    result=0
    for server in $servers; do status_one "$server" || result=1; done
    exit $result
    ;;
  run) run "$2" ;;
  *) fail "$usage" ;;
esac
