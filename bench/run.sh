#!/bin/bash
# Measures mtkkit split beside what people use today, in one run: see README.md.
#   run.sh [-b BINARY] [-w WORKDIR] [-r ROM_1] [-s GIB] [-n PAIRS]
set -u
here=$(cd "$(dirname "$0")" && pwd)
bin='' work=${TMPDIR:-/tmp}/mtkkit-bench rom='' gib=4 n=5
while getopts b:w:r:s:n: o; do
  case $o in
  b) bin=$(realpath "$OPTARG") ;; w) work=$OPTARG ;; r) rom=$OPTARG ;; s) gib=$OPTARG ;; n) n=$OPTARG ;;
  *) exit 2 ;;
  esac
done
export PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$work" && work=$(cd "$work" && pwd) || exit 1
if [ -z "$bin" ]; then
  bin=$work/mtkkit
  (cd "$here/.." && go build -o "$bin" ./cmd/mtkkit) || exit 1
fi
if [ -z "$rom" ]; then
  rom=$work/ROM_$gib
  if [ ! -s "$rom" ]; then
    bash "$here/romgen.sh" "$rom.new" "$gib" && mv "$rom.new" "$rom" || exit 1
  fi
fi
rom=$(realpath "$rom")
out=$work/out
need=$(($(stat -c %s "$rom") * 12 / 10 / 1024))
free=$(df -Pk "$work" | awk 'NR==2{print $4}')
[ "$free" -gt "$need" ] || { echo "$work has $free KiB free, $need are needed" >&2; exit 1; }

# What a person does by hand: every row of the table with dd, then a hash.
ddsplit() { # CONV [HASH COMMAND]
  sgdisk -p "$rom" | awk '/^ +[0-9]+ +[0-9]+ +[0-9]+ /{print $2,$3,$7}' | while read -r first last name; do
    dd if="$rom" of="$out/$name.img" bs=4M iflag=skip_bytes,count_bytes conv="$1" status=none \
      skip=$((first * 512)) count=$(((last - first + 1) * 512)) || exit 1
  done || return 1
  [ $# = 1 ] || (cd "$out" && shift && "$@" ./*.img >SUMS)
}
export -f ddsplit
export rom out

jobs() { # ours | peer's name | peer | program it needs
  cat <<J
split|dd sparse + openssl sha256|ddsplit sparse openssl dgst -sha256|openssl
split|dd sparse + b3sum|ddsplit sparse b3sum|b3sum
split|7z x (no hash)|7z x -y -bd -o$out $rom|7z
split --no-hash|dd sparse|ddsplit sparse|dd
split --no-hash|7z x|7z x -y -bd -o$out $rom|7z
split --no-hash --no-holes|7z x|7z x -y -bd -o$out $rom|7z
J
}

# leg COMMAND: from the same state each time, prints "wall cpu peakKiB rc"
leg() {
  rm -rf "$out"; mkdir -p "$out"
  sync # what the leg before left to write
  cat "$rom" >/dev/null
  /usr/bin/time -o "$work/time" -f '%e %U %S %M' bash -c "$1" >/dev/null 2>"$work/err" </dev/null
  local rc=$?
  awk -v rc=$rc 'END{print $1, $2+$3, $4, rc}' "$work/time"
}
median() { sort -g | awk '{a[NR]=$1} END{print NR%2 ? a[(NR+1)/2] : (a[NR/2]+a[NR/2+1])/2}'; }

printf 'image %s, %s bytes; %s pairs; %s cores; load %s\n' "$rom" "$(stat -c %s "$rom")" "$n" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
printf '%-28s %-28s %7s %7s %7s %7s %7s %7s %8s\n' mtkkit peer ours_s peer_s ratio min max cpu ours_MiB
jobs | while IFS='|' read -r ours name peer tool; do
  command -v "$tool" >/dev/null && command -v sgdisk >/dev/null || { printf '%-28s %-28s not measured: %s or sgdisk is missing\n' "$ours" "$name" "$tool"; continue; }
  a="$bin ${ours/split/split --quiet} -o $out/p $rom" rows='' failed=''
  for k in $(seq 1 "$n"); do
    if [ $((k % 2)) = 0 ]; then ra=$(leg "$a"); rb=$(leg "$peer"); else rb=$(leg "$peer"); ra=$(leg "$a"); fi
    [ "${ra##* }${rb##* }" = 00 ] || { failed="exit codes ours/peer: ${ra##* }/${rb##* } ($(head -c 200 "$work/err"))"; break; }
    rows+="$ra $rb"$'\n'
  done
  [ -z "$failed" ] || { printf '%-28s %-28s FAILED, no ratio: %s\n' "$ours" "$name" "$failed"; continue; }
  col() { printf %s "$rows" | awk "{print $1}"; }
  printf '%-28s %-28s %7.2f %7.2f %7.3f %7.3f %7.3f %7.3f %8.1f\n' "$ours" "$name" "$(col '$1' | median)" "$(col '$5' | median)" \
    "$(col '$1/$5' | median)" "$(col '$1/$5' | sort -g | head -1)" "$(col '$1/$5' | sort -g | tail -1)" \
    "$(col '$2/($6+0.001)' | median)" "$(col '$3/1024' | median)"
done
rm -rf "$out" "$work/time" "$work/err"
