# What both scripts use. Sourced, not run.

# Replaces this shell by `quorate`: the one that QUORATE names, that of the clone around this
# folder, or the one that is installed.
exec_quorate() {
  local built=../../packages/broker/bin/quorate.js
  if [ -n "${QUORATE:-}" ]; then exec "$QUORATE" "$@"; fi
  if [ -e "$built" ]; then exec node "$built" "$@"; fi
  exec quorate "$@"
}

quorate() {
  (exec_quorate "$@")
}

fail() {
  echo "$*" >&2
  exit 1
}
