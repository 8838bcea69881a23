#!/usr/bin/env bash
# Starts, stops and looks at the three brokers of this folder: node01, node02, node03. Each has the
# conf/ of an installation of ActiveMQ, and makes itself a data/ beside it.
set -eu
cd "$(dirname "$0")"
. ./commands.sh

usage="usage: $0 start|stop|status"
nodes='node01 node02 node03'
in_step_within_s=30
# ZooKeeper may be starting as well.
zookeeper_within_s=8

# What an ActiveMQ of this machine is told would lead to other folders.
unset ACTIVEMQ_HOME ACTIVEMQ_BASE ACTIVEMQ_CONF ACTIVEMQ_DATA

files=()
configs=()
for node in $nodes; do
  files+=("$node/conf/activemq.xml")
  configs+=(--config "$node/conf/activemq.xml")
done

# Brokers of other names, or of other replicas, would found something else than what is meant.
compare() {
  local said
  if said=$(quorate doctor --compare "${files[@]}"); then return; fi
  grep '^failed' <<<"$said" | tr -s ' ' >&2
  fail "nothing is started before this is corrected"
}

start_one() {
  local said result=0
  said=$(quorate start "$1/conf/activemq.xml" --daemon 2>&1) || result=$?
  sed "s/^/$1: /" <<<"$said"
  return $result
}

# Waits until one leads and the others follow it. What waiting does not mend ends it.
await_all() {
  local said began=$SECONDS
  until said=$(quorate status "${configs[@]}") && [[ $said == *'3 of 3 here'* ]]; do
    case $said in
      *': ended with: '* | *': its last run '*) fail "$said"$'\n'"a broker has ended" ;;
      *'ZooKeeper at '*' does not answer'*)
        if [ $((SECONDS - began)) -ge $zookeeper_within_s ]; then
          fail "$said"$'\n'"the brokers run, and wait for ZooKeeper: ./zk_batch.sh start"
        fi
        ;;
    esac
    if [ $((SECONDS - began)) -ge $in_step_within_s ]; then
      fail "$said"$'\n'"no leader with two followers after $in_step_within_s s"
    fi
    sleep 1
  done
}

# Starts what does not run.
start_all() {
  local node failed=''
  compare
  for node in $nodes; do start_one "$node" || failed+=" $node"; done
  [ -z "$failed" ] || fail "did not start:$failed"
  await_all
}

case ${1:-} in
  start) start_all ;;
  stop) quorate stop "${configs[@]}" ;;
  status) quorate status "${configs[@]}" ;;
  *) fail "$usage" ;;
esac
