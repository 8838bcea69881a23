#!/usr/bin/env bash
# Starts, stops and looks at the three brokers of this folder: node01, node02, node03. Each has the
# conf/ of an installation of ActiveMQ, and makes itself a data/ beside it.
set -eu
cd "$(dirname "$0")"
. ./commands.sh

usage="usage: $0 start|stop|status"
nodes='node01 node02 node03'
leader_within_s=30

# What an ActiveMQ of this machine is told would lead to other folders.
unset ACTIVEMQ_HOME ACTIVEMQ_BASE ACTIVEMQ_CONF ACTIVEMQ_DATA

configs=()
for node in $nodes; do configs+=(--config "$node/conf/activemq.xml"); done

# Starts what does not run, and waits until one leads. Fails when one did not start, or none leads.
start_all() {
  local node said result=0 waited=0
  for node in $nodes; do
    said=$(quorate start "$node/conf/activemq.xml" --daemon 2>&1) || case $said in
      *'is in use by pid'*) said="runs already (pid ${said##* })" ;;
      *) result=1 ;;
    esac
    sed "s/^/$node: /" <<<"$said"
  done
  until quorate status "${configs[@]}" >/dev/null 2>&1; do
    if [ "$waited" -ge $leader_within_s ]; then
      quorate status "${configs[@]}" || true
      fail "no broker leads after $leader_within_s s"
    fi
    sleep 1
    waited=$((waited + 1))
  done
  return $result
}

case ${1:-} in
  start) start_all ;;
  stop) quorate stop "${configs[@]}" ;;
  status) quorate status "${configs[@]}" ;;
  *) fail "$usage" ;;
esac
