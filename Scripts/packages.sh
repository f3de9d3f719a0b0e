# Installs Debian packages that are missing; sourced by the other scripts.

# need PACKAGE TEST-COMMAND…: says what is missing and why, and installs it where that is possible.
need() {
  local package=$1
  shift
  if "$@" >/dev/null 2>&1; then return; fi
  if ! command -v apt-get >/dev/null; then
    echo "$package is missing, and there is no apt-get to install it: please install it and run this again." >&2
    exit 2
  fi
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "$package is missing: please run 'apt-get install $package' as root and run this again." >&2
      exit 2
    fi
    as_root=(sudo)
  fi
  if [ -z "${package_lists_are_fresh:-}" ]; then
    "${as_root[@]}" apt-get update -qq
    package_lists_are_fresh=yes
  fi
  echo "Installing $package"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
}

need_build_tools() {
  if ! command -v swift >/dev/null; then
    echo "Swift 6.1 or newer is missing: https://www.swift.org/install" >&2
    exit 2
  fi
  need pkg-config command -v pkg-config
  need liblz4-dev pkg-config --exists liblz4
}
