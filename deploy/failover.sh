#!/bin/sh
# Makes the standby that has received most the primary, and lets the others follow it:
#
#   PGUSER=postgres deploy/failover.sh "host=db2 port=5432" "host=db3 port=5432"
#
# Name all standbys. First each stops receiving from the primary, so that none confirms a commit to it from then on: a
# primary that is only frozen or cut off can acknowledge nothing more. A standby that cannot be reached may still
# confirm, so the script then ends without promoting; leave it out only if it, or the primary, is surely off.
set -eu
[ $# -ge 1 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }

ask() { psql "$1 dbname=postgres connect_timeout=3" --no-psqlrc -qAt -v ON_ERROR_STOP=1 -c "$2"; }
follow() {
  ask "$1" "ALTER SYSTEM SET primary_conninfo = '$2'"
  ask "$1" "SELECT pg_reload_conf()" >/dev/null
}

for standby in "$@"; do
  [ "$(ask "$standby" "SELECT pg_is_in_recovery()")" = t ] || { echo "$standby is no standby." >&2; exit 1; }
done
for standby in "$@"; do follow "$standby" ""; done
new="" most=-1
for standby in "$@"; do
  until [ "$(ask "$standby" "SELECT count(*) FROM pg_stat_wal_receiver")" = 0 ]; do sleep 0.1; done
  place=$(ask "$standby" \
    "SELECT (greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0')::bigint")
  if [ "$place" -gt "$most" ]; then new=$standby most=$place; fi
done

[ "$(ask "$new" "SELECT pg_promote(true, 60)")" = t ] || { echo "$new was not promoted." >&2; exit 1; }
# Without it pg_rewind does not notice the promotion, up to PostgreSQL 15.
ask "$new" "CHECKPOINT"
ask "$new" "SELECT pg_create_physical_replication_slot(name)
  FROM regexp_matches(current_setting('synchronous_standby_names'), '[a-z_]\w*', 'g') AS found,
    LATERAL (SELECT found[1]) AS named (name)
  WHERE name NOT IN (SELECT slot_name FROM pg_replication_slots)
    AND name <> current_setting('cluster_name')" >/dev/null
for standby in "$@"; do
  [ "$standby" = "$new" ] || follow "$standby" "$new user=aidapi_replicator connect_timeout=3"
done
echo "$new"
