#!/usr/bin/env bash
# Installs what tests need beside Node, where a Debian machine lacks it: what is named, or all of it.
#
#   scripts/install-debian.sh [chromium] [java] [maven] [postgresql] [openssl] [venv]
set -euo pipefail

is_there() {
  case $1 in
    chromium) command -v chromium ;;
    java) command -v java ;;
    maven) command -v mvn ;;
    postgresql) command -v initdb || ls /usr/lib/postgresql/*/bin/initdb ;;
    openssl) command -v openssl ;;
    venv) python3 -c 'import ensurepip, venv' ;;
  esac &>/dev/null
}
package_of() {
  case $1 in
    java) echo default-jdk-headless ;;
    venv) echo python3-venv ;;
    chromium | maven | postgresql | openssl) echo "$1" ;;
    *)
      echo "No \"$1\" to install; see the head of $0." >&2
      return 2
      ;;
  esac
}

(($#)) || set -- chromium java maven postgresql openssl venv
packages=()
for name in "$@"; do
  package=$(package_of "$name")
  is_there "$name" || packages+=("$package")
done
((${#packages[@]})) || exit 0

export DEBIAN_FRONTEND=noninteractive
# A download that breaks off is tried again, and another installation waited for.
options=(-qq -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120)
for attempt in 1 2 3; do
  if apt-get "${options[@]}" update && apt-get "${options[@]}" install -y --no-install-recommends "${packages[@]}" >/dev/null; then
    exit 0
  fi
  echo "Attempt $attempt of 3 to install ${packages[*]} failed." >&2
  sleep 5
done
exit 1
