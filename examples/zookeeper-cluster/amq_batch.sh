#!/usr/bin/env bash
# Starts, stops and looks at the three brokers of this folder: node01, node02, node03. Each has the
# conf/ of an installation of ActiveMQ, and makes itself a data/ beside it.
set -eu
cd "$(dirname "$0")"
. ./commands.sh

usage="usage: $0 start|stop|status"
nodes='node01 node02 node03'
in_step_within_s=30

# What an ActiveMQ of this machine is told would lead to other folders.
unset ACTIVEMQ_HOME ACTIVEMQ_BASE ACTIVEMQ_CONF ACTIVEMQ_DATA

configs=()
for node in $nodes; do configs+=(--config "$node/conf/activemq.xml"); done

# Starts what does not run, and waits until one leads and the others follow it, or until one leads
# when some did not start; then it fails.
start_all() {
  local node said result=0 waited=0 wanted='3 of 3 here'
  for node in $nodes; do
    said=$(quorate start "$node/conf/activemq.xml" --daemon 2>&1) || case $said in
      *'is in use by pid'*) said="runs already (pid ${said##* })" ;;
      *) result=1 wanted=leader ;;
    esac
    sed "s/^/$node: /" <<<"$said"
  done
  until said=$(quorate status "${configs[@]}") && [[ $said == *$wanted* ]]; do
    if [ "$waited" -ge $in_step_within_s ]; then
      fail "$said"$'\n'"no leader with two followers after $in_step_within_s s"
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
