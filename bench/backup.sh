#!/bin/bash
# Measures mtkkit backup beside zstd and 7z, pair by pair on one image: see README.md.
#   backup.sh -b BINARY -r ROM_1 [-w WORKDIR] [-n PAIRS] [-j create,verify,restore,one,zip]
set -u
bin='' rom='' work=${TMPDIR:-/tmp}/mtkkit-bench n=3 only=create,verify,restore,one,zip
while getopts b:r:w:n:j: o; do
  case $o in b) bin=$(realpath "$OPTARG") ;; r) rom=$(realpath "$OPTARG") ;; w) work=$OPTARG ;; n) n=$OPTARG ;; j) only=$OPTARG ;; *) exit 2 ;; esac
done
[ -x "$bin" ] && [ -s "$rom" ] || { sed -n 2,3p "$0" >&2; exit 2; }
mkdir -p "$work" && work=$(realpath "$work") || exit 1
out=$work/out a=$work/ours.tar.zst z=$work/peer.zst

# The archives that are read by the later rows; sizes are compared here.
"$bin" backup create -q --progress none "$rom" -o "$a" >/dev/null 2>&1
zstd -q -f -1 -T2 -o "$z" "$rom" || exit 1
[ -s "$a" ] || { echo "$bin makes no archive of $rom" >&2; exit 1; }
awk -v a="$(stat -c %s "$a")" -v z="$(stat -c %s "$z")" 'BEGIN{printf "size: %.3f of zstd -1\n", a/z}'

jobs() { # row | ours | peer
  cat <<J
create|$bin backup create -q --progress none $rom -o $out/a.tar.zst|zstd -q -1 -T2 -o $out/c.zst $rom
verify|$bin backup verify -q $a|zstd -q -t $z
restore|$bin backup restore --no-sync -q --progress none $a -o $out/ROM_1|zstd -q -d --sparse -o $out/ROM_1 $z
one|$bin backup cat -q $a boot.img|zstd -q -d --sparse -o $out/ROM_1 $z
zip|$bin backup create -q --progress none --zip $rom -o $out/a.zip|7z a -bd -tzip -mx1 -mmt2 $out/c.zip $rom
J
}

# leg COMMAND: from the same state each time, prints "wall cpu peakKiB"
leg() {
  rm -rf "$out"; mkdir -p "$out"; sync
  cat "$rom" >/dev/null
  /usr/bin/time -o "$work/time" -f '%e %U %S %M' bash -c "$1" >/dev/null 2>&1 </dev/null
  awk 'END{print $1, $2+$3, $4}' "$work/time"
}
median() { sort -g | awk '{a[NR]=$1} END{print NR%2 ? a[(NR+1)/2] : (a[NR/2]+a[NR/2+1])/2}'; }

printf '%s pairs, %s cores, load %s\n' "$n" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
printf '%-8s %8s %8s %7s %7s %9s\n' row ours_s peer_s wall cpu ours_MiB
jobs | while IFS='|' read -r row ours peer; do
  [[ ,$only, = *,$row,* ]] || continue
  rows=''
  for k in $(seq "$n"); do
    if [ $((k % 2)) = 0 ]; then x=$(leg "$ours"); y=$(leg "$peer"); else y=$(leg "$peer"); x=$(leg "$ours"); fi
    rows+="$x $y"$'\n'
  done
  col() { printf %s "$rows" | awk "{print $1}" | median; }
  printf '%-8s %8.2f %8.2f %7.3f %7.3f %9.1f\n' "$row" "$(col '$1')" "$(col '$4')" "$(col '$1/$4')" "$(col '$2/($5+0.001)')" "$(col '$3/1024')"
done
rm -rf "$out" "$a" "$z" "$work/time"
