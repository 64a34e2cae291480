#!/usr/bin/env bash
# A dump of Import Desk's records for compose.yaml's service `backup`, which has PostgreSQL's
# programs and not Import Desk. Elsewhere use `manage.py backup`.
#   backup.sh now       one dump, checked, and its path
#   backup.sh nightly   one each night at 03:10 of the container's clock, KEEP (14) of them kept
set -euo pipefail
umask 077
: "${BACKUP_DIR:?}" "${KEEP:=14}"
if [ -n "${PGPASSWORD_FILE:-}" ]; then
  PGPASSWORD=$(cat "$PGPASSWORD_FILE")
  export PGPASSWORD
fi

now() {
  local path unfinished
  path=$BACKUP_DIR/import-desk-$(date -u +%Y%m%dT%H%M%SZ).dump
  unfinished=$path.unfinished
  pg_dump --format=custom --no-owner --no-privileges --file="$unfinished"
  pg_restore --file=/dev/null "$unfinished" # reads all of it
  sync "$unfinished"
  mv "$unfinished" "$path"
  ls -1 "$BACKUP_DIR"/import-desk-*.dump | head --lines="-$KEEP" | xargs --no-run-if-empty rm --
  echo "$path"
}

case "${1:-}" in
  now) now ;;
  nightly)
    while true; do
      next=$(date -d '03:10 today' +%s)
      [ "$next" -gt "$(date +%s)" ] || next=$(date -d '03:10 tomorrow' +%s)
      sleep $((next - $(date +%s)))
      now || echo "The backup failed; the next try is tomorrow." >&2
    done
    ;;
  *)
    echo "usage: backup.sh now|nightly" >&2
    exit 2
    ;;
esac
