#!/bin/sh
# Installs a Lodestar binary for this user.
#
#   install.sh --from PLACE [--version V] [--dir DIR]    PLACE: an https:// address or a local folder
#   install.sh --uninstall [--dir DIR]
#
# PLACE holds VERSION, SHA256SUMS and the binaries (what `npm run release` makes). The file for this machine is checked
# against SHA256SUMS, tried out, and put in DIR (default ~/.local/bin) as `lodestar`; a binary that was there is kept as
# `lodestar.previous`. Configuration and recorded costs are never touched. LODESTAR_UPDATE_URL stands in for --from.
set -eu

say() { printf '%s\n' "$*" >&2; }
die() { say "install.sh: $*"; exit 1; }

FROM=${LODESTAR_UPDATE_URL:-}
DIR=${HOME:?HOME is not set}/.local/bin
VERSION=
TASK=install
while [ $# -gt 0 ]; do
  case $1 in
    --from | --version | --dir)
      [ $# -ge 2 ] || die "$1 needs a value"
      case $1 in --from) FROM=$2 ;; --version) VERSION=$2 ;; --dir) DIR=$2 ;; esac
      shift ;;
    --uninstall) TASK=uninstall ;;
    -h | --help) sed -n '2,/^set /p' "$0" | sed '$d; s/^# \{0,1\}//'; exit 0 ;;
    *) die "unknown option $1 (see --help)" ;;
  esac
  shift
done

if [ "$TASK" = uninstall ]; then
  [ -e "$DIR/lodestar" ] || [ -e "$DIR/lodestar.previous" ] || die "there is no lodestar in $DIR"
  rm -f "$DIR/lodestar" "$DIR/lodestar.previous"
  say "Removed lodestar from $DIR. Configuration and recorded costs are kept; a service that was installed is left: it is removed with systemctl disable --now lodestar"
  exit 0
fi

[ -n "$FROM" ] || die "name where the release lies: --from https://… or --from FOLDER"
FROM=${FROM%/}

# The file for this machine: system, processor, C library, and the baseline build for x64 processors without AVX2.
asset_name() {
  case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    *) die "there is no binary for $(uname -s) here; on Windows take lodestar-windows-x64.exe" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) die "there is no binary for $(uname -m)" ;;
  esac
  suffix=
  if [ "$system" = linux ]; then
    if ldd --version 2>&1 | grep -qi musl; then suffix=-musl; fi
    if [ "$machine" = x64 ] && ! grep -qw avx2 "${LODESTAR_CPUINFO:-/proc/cpuinfo}" 2>/dev/null; then suffix=$suffix-baseline; fi
  fi
  printf 'lodestar-%s-%s%s' "$system" "$machine" "$suffix"
}

# fetch FILE TARGET: from the web or from the folder. Plain http could be altered on the way, so it is only taken from this machine.
fetch() {
  case $FROM in
    https://* | http://127.0.0.1[:/]* | http://localhost[:/]*)
      if command -v curl >/dev/null 2>&1; then curl -fsSL --retry 2 -o "$2" "$FROM/$1" || die "could not fetch $FROM/$1"
      elif command -v wget >/dev/null 2>&1; then wget -q -O "$2" "$FROM/$1" || die "could not fetch $FROM/$1"
      else die "neither curl nor wget is there to fetch $FROM/$1"; fi ;;
    *://*) die "$FROM is refused: only https:// keeps a download from being altered" ;;
    *) [ -f "$FROM/$1" ] || die "$FROM has no $1"
       cp "$FROM/$1" "$2" ;;
  esac
}

sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1" | cut -d' ' -f1
  else shasum -a 256 "$1" | cut -d' ' -f1; fi
}

[ -z "$VERSION" ] || FROM=$FROM/$VERSION
ASSET=$(asset_name)
mkdir -p "$DIR"
TMP=$(mktemp -d "$DIR/.lodestar-install.XXXXXX")
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM

fetch VERSION "$TMP/VERSION"
fetch SHA256SUMS "$TMP/SHA256SUMS"
RELEASE=$(cat "$TMP/VERSION")
WANT=$(awk -v file="$ASSET" '$2 == file || $2 == "*" file { print $1 }' "$TMP/SHA256SUMS")
[ -n "$WANT" ] || die "$FROM lists no $ASSET in SHA256SUMS"
say "Fetching $ASSET $RELEASE from $FROM"
fetch "$ASSET" "$TMP/lodestar"
GOT=$(sha256_of "$TMP/lodestar")
[ "$GOT" = "$WANT" ] || die "$ASSET is not what SHA256SUMS promises (got $GOT, want $WANT). Nothing was installed"
chmod 755 "$TMP/lodestar"
"$TMP/lodestar" --version >/dev/null 2>&1 || die "$ASSET does not run on this machine. Nothing was installed"

if [ -e "$DIR/lodestar" ]; then
  ln -f "$DIR/lodestar" "$DIR/lodestar.previous" 2>/dev/null || cp -p "$DIR/lodestar" "$DIR/lodestar.previous"
  say "The binary that was there is kept as $DIR/lodestar.previous"
fi
mv -f "$TMP/lodestar" "$DIR/lodestar"
say "Lodestar $RELEASE is installed as $DIR/lodestar"
case ":$PATH:" in *":$DIR:"*) ;; *) say "$DIR is not on PATH: add it in your shell's profile" ;; esac
say "Start it with: lodestar serve"
