#!/bin/sh
# What the clinic's tests need beside Python: a browser, the libraries that print PDF, PostgreSQL.
# Installs what is missing where that is allowed, starts PostgreSQL where it is stopped, and prints
# the address of a database for tests on standard output; everything else goes to standard error.
#
#   tools/system.sh            browser, PDF libraries, PostgreSQL
#   tools/system.sh print      PDF libraries alone: all that running the clinic needs
#
# REPRIEVE_REQUIRE_POSTGRES=1 (set by .ci/run): fail where PostgreSQL cannot be reached, instead of
# leaving half of the clinic's tests out.
set -u
say() { echo "system: $*" >&2; }
missing=""
need() { missing="$missing $*"; }

ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0.so.0 || need libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
fc-list 2>/dev/null | grep -q . || need fontconfig fonts-dejavu-core
if [ "${1:-all}" != print ]; then
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need chromium
  command -v pg_ctlcluster >/dev/null || command -v pg_isready >/dev/null || need postgresql
fi
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing$missing"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } >&2 ||
      say "could not install$missing; what needs it will be skipped or refused with a reason"
  else
    say "missing:$missing. On Debian: sudo apt-get install$missing"
  fi
fi
[ "${1:-all}" = print ] && exit 0

# A database for tests, on this machine only.
url="postgres://reprieve_test:reprieve_test@127.0.0.1:5432/postgres"
answers() { PGCONNECT_TIMEOUT=3 psql "$url" -qtAc "select 1" >/dev/null 2>&1; }
without() {
  if [ "${REPRIEVE_REQUIRE_POSTGRES:-}" = 1 ]; then
    say "$1, and REPRIEVE_REQUIRE_POSTGRES=1 asks for it: the tests on PostgreSQL cannot be left out"
    exit 1
  fi
  say "$1: the clinic is tested on SQLite alone"
  exit 0
}
command -v psql >/dev/null || without "no PostgreSQL"
if ! pg_isready -q -h 127.0.0.1 && command -v pg_lsclusters >/dev/null && [ "$(id -u)" = 0 ]; then
  pg_lsclusters -h | while read -r version name _; do
    say "starting PostgreSQL $version"
    pg_ctlcluster --skip-systemctl-redirect "$version" "$name" start >&2
  done
  sleep 2
fi
if ! answers; then
  role="DO \$\$ BEGIN CREATE ROLE reprieve_test LOGIN SUPERUSER PASSWORD 'reprieve_test'; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$"
  PGCONNECT_TIMEOUT=3 psql -h 127.0.0.1 -U postgres -w -qc "$role" postgres >/dev/null 2>&1 ||
    { [ "$(id -u)" = 0 ] && su postgres -c "psql -qc \"$role\"" >/dev/null 2>&1; }
fi
answers || without "PostgreSQL is not reachable"
echo "$url"
