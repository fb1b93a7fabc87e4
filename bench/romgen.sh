#!/bin/bash
# Makes an image to measure with: romgen.sh FILE GIB. A GPT as MediaTek phones of the
# MT67xx years have it (names, order, a userdata of half the device), half of the bytes
# zero and half of them noise, all of it allocated, as a reader tool leaves a dump.
# The same GIB give the same bytes. Needs sgdisk (gdisk) and openssl.
set -eu
export PATH=$PATH:/usr/sbin:/sbin
rom=$1 gib=$2
mib=$((gib * 1024))
dd if=/dev/zero of="$rom" bs=1M count="$mib" status=none

# name:share of the device in thousandths
rows="proinfo:1 nvram:2 protect1:3 protect2:3 seccfg:1 lk:1 lk2:1 boot:4 recovery:4 secro:2
para:1 logo:2 expdb:3 tee1:2 tee2:2 nvdata:8 metadata:8 vendor:120 system:230 cache:60"
guid=00000000-0000-4000-8000-0000000000 # with two digits more: the same every time
args="-a 8 -o -U ${guid}00"
row=1
for r in $rows userdata; do
  case $r in
  userdata) size=-1M ;;
  *) size=+$((${r#*:} * mib * 1024 / 1000))K ;;
  esac
  args="$args -n $row:0:$size -c $row:${r%:*} -u $row:$guid$(printf %02d $row)"
  row=$((row + 1))
done
# shellcheck disable=SC2086  # the list is words on purpose
sgdisk $args "$rom" >/dev/null

# noise at OFFSET MIB: AES-CTR of zeros under a key that depends on the place only
noise() {
  dd if=/dev/zero bs=1M count="$2" status=none |
    openssl enc -aes-128-ctr -nosalt -K "$(printf %032x "$1")" -iv "$(printf %032x 0)" |
    dd of="$rom" bs=1M seek="$1" conv=notrunc iflag=fullblock status=none
}
# 8 MiB of noise, 8 MiB of zeros, by turns; the table's own two MiB are left alone
for ((at = 8; at + 9 < mib; at += 16)); do noise "$at" 8; done
