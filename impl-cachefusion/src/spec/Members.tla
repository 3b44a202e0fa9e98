\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
------------------------------- MODULE Members -------------------------------
(***************************************************************************)
(* How the list of members changes while the cluster runs.  A registry     *)
(* accepts one record after another.  A record has the agreed list of      *)
(* members, the nodes that are in the view, and those that are out of it   *)
(* and perhaps not stopped yet.  In words: docs/protocols/membership.md.   *)
(*                                                                         *)
(* Every node acts only under a lease.  Leases begin with a look at the    *)
(* registry and end by themselves, at any time; whoever takes a node out   *)
(* waits for the end of its lease before the view is complete.             *)
(*                                                                         *)
(* The network falls into two sides.  A record needs votes from one side.  *)
(* An even list gives the registry a vote.  All nodes of the list vote     *)
(* here: that some may be chosen is the matter of Electors.                *)
(*                                                                         *)
(* The specification allows more than the code does: a record may take     *)
(* nodes out, take one in and change the list all at once.                 *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, Sequences, TLC

CONSTANTS Node,      \* all nodes that there could ever be
          First,     \* size of the configured list
          MaxRec,    \* most records
          MaxChange, \* most records that change the list
          MaxCrash,  \* most crashes
          MaxSplit   \* most times that the network falls into sides, or is mended

VARIABLES recs,   \* the registry: a sequence of records
          known,  \* the newest record that each node knows, 0 for none
          up,     \* whether a process of the node runs
          lease,  \* whether the node may act as a member
          done,   \* whether the newest record is complete
          side,   \* which side of the network each node is on
          changes, crashes, splits

vars == <<recs, known, up, lease, done, side, changes, crashes, splits>>

Last     == recs[Len(recs)]
Side(n)  == {m \in Node : up[m] /\ side[m] = side[n]}
Differ(A, B) == (A \ B) \cup (B \ A)

(* Votes: a majority of the list, to which the registry belongs if the list is even. *)
Registry(L)    == IF Cardinality(L) % 2 = 0 THEN 1 ELSE 0
Quorum(V, L)   == 2 * (Cardinality(V \cap L) + Registry(L)) > Cardinality(L) + Registry(L)
Majority(V, L) == 2 * Cardinality(V \cap L) > Cardinality(L)

-----------------------------------------------------------------------------
(* The rules.  Each is an operator, so that MembersMutants can break it.   *)

\* V1 A record follows the newest one: the registry accepts its number only then.
Follows(p) == known[p] = Len(recs)
\* V2 The lists of two records after each other differ in at most one node.
OneChange(old, new) == Cardinality(Differ(old, new)) <= 1
\* V3 A record needs a quorum of the list before it ...
OldQuorum(V, L) == Quorum(V, L)
\* V4 ... and a quorum of its own list.
NewQuorum(V, L) == Quorum(V, L)
\* V5 A node is taken out of the list only when it is in the view no more.
MayRemove(gone, rec) == gone \cap rec.memb = {}
\* V6 A view is complete when the leases of all nodes that are out are over.
LeasesOver(rec) == \A n \in rec.out : ~lease[n]
\* V7 A lease begins with a look at the newest record, which has the node.
MayRenew(n) == known[n] = Len(recs) /\ n \in Last.memb
\* V8 Only nodes of the list join.
MayJoin(n, L) == n \in L
\* V9 Every node of the next view has voted for it.
AllVote(V, memb) == memb \subseteq V

-----------------------------------------------------------------------------
Init == /\ \E L \in SUBSET Node :
             /\ Cardinality(L) = First
             /\ recs = <<[list |-> L, memb |-> L, out |-> {}, by |-> L]>>
             /\ known = [n \in Node |-> IF n \in L THEN 1 ELSE 0]
             /\ up = [n \in Node |-> n \in L]
             /\ lease = [n \in Node |-> n \in L]
        /\ done = TRUE
        /\ side = [n \in Node |-> 1]
        /\ changes = 0 /\ crashes = 0 /\ splits = 0

(* The node that leads makes the next record: `out` goes, `come` joins, the list becomes L. *)
Next1(p, out, come, L) ==
  LET rec  == recs[known[p]]
      stay == (rec.memb \ out) \cup come
      V    == {n \in Side(p) : known[n] = known[p]}
  IN  /\ up[p] /\ p \in rec.memb \ out
      /\ Len(recs) < MaxRec
      /\ Follows(p)
      /\ out \subseteq rec.memb
      /\ come \cap rec.memb = {} /\ \A n \in come : up[n] /\ MayJoin(n, L) /\ ~lease[n]
      /\ <<out, come>> # <<{}, {}>> \/ L # rec.list
      /\ OneChange(rec.list, L)
      /\ L # rec.list => changes < MaxChange
      /\ MayRemove(rec.list \ L, rec)
      /\ AllVote(V, stay)
      /\ OldQuorum(V, rec.list) /\ NewQuorum(V, L)
      /\ recs' = Append(recs, [list |-> L, memb |-> stay \ (rec.list \ L), by |-> V,
                               out |-> ((IF done THEN {} ELSE rec.out) \cup out) \ come])
      /\ known' = [known EXCEPT ![p] = Len(recs) + 1]
      /\ done' = FALSE
      /\ changes' = IF L # rec.list THEN changes + 1 ELSE changes
      /\ UNCHANGED <<up, lease, side, crashes, splits>>

Propose == \E p \in Node : known[p] > 0 /\ \E out \in SUBSET recs[known[p]].memb :
             \E come \in {{}} \cup {{n} : n \in Node} :
               \E L \in SUBSET Node : L # {} /\ Next1(p, out, come, L)

(* The proposer has waited for the leases, fenced and sealed: the view serves. *)
Finish == /\ ~done
          /\ LeasesOver(Last)
          /\ done' = TRUE
          /\ UNCHANGED <<recs, known, up, lease, side, changes, crashes, splits>>

(* A node reads the registry.  One that is not in the newest view and acted as a member stops. *)
Look(n) == /\ up[n] /\ known[n] < Len(recs)
           /\ known' = [known EXCEPT ![n] = Len(recs)]
           /\ LET isOut == lease[n] /\ n \notin Last.memb
              IN  /\ up' = [up EXCEPT ![n] = ~isOut]
                  /\ lease' = [lease EXCEPT ![n] = lease[n] /\ ~isOut]
           /\ UNCHANGED <<recs, done, side, changes, crashes, splits>>

Renew(n) == /\ up[n] /\ ~lease[n] /\ known[n] > 0
            /\ MayRenew(n)
            /\ Quorum(Side(n), recs[known[n]].list)
            /\ lease' = [lease EXCEPT ![n] = TRUE]
            /\ UNCHANGED <<recs, known, up, done, side, changes, crashes, splits>>

Expire(n) == /\ lease[n]
             /\ lease' = [lease EXCEPT ![n] = FALSE]
             /\ UNCHANGED <<recs, known, up, done, side, changes, crashes, splits>>

Crash(n) == /\ up[n] /\ crashes < MaxCrash
            /\ up' = [up EXCEPT ![n] = FALSE]
            /\ lease' = [lease EXCEPT ![n] = FALSE]
            /\ crashes' = crashes + 1
            /\ UNCHANGED <<recs, known, done, side, changes, splits>>

(* A process starts again when its node is out of the view, or starts for the first time. *)
Start(n) == /\ ~up[n] /\ n \notin Last.memb
            /\ up' = [up EXCEPT ![n] = TRUE]
            /\ known' = [known EXCEPT ![n] = 0]
            /\ UNCHANGED <<recs, lease, done, side, changes, crashes, splits>>

Split == /\ splits < MaxSplit
         /\ \E s \in [Node -> {1, 2}] : s # side /\ side' = s
         /\ splits' = splits + 1
         /\ UNCHANGED <<recs, known, up, lease, done, changes, crashes>>

Next == Propose \/ Finish \/ Split
        \/ \E n \in Node : Look(n) \/ Renew(n) \/ Expire(n) \/ Crash(n) \/ Start(n)
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* What has to hold. *)

\* When a view serves, nobody acts as a member who is not one.
Apart == done => \A n \in Node : lease[n] => n \in Last.memb

\* Two majorities of lists after each other have a node in common.
Intersect == \A e \in 2..Len(recs) :
  \A V \in SUBSET recs[e - 1].list : \A W \in SUBSET recs[e].list :
    Majority(V, recs[e - 1].list) /\ Majority(W, recs[e].list) => V \cap W # {}

\* No record is made against a majority, neither of the list before nor of its own.
NotAgainst == \A e \in 2..Len(recs) :
  /\ ~Majority(recs[e - 1].list \ recs[e].by, recs[e - 1].list)
  /\ ~Majority(recs[e].list \ recs[e].by, recs[e].list)

\* Whoever is in a view is in its list, and knew of it before.
Listed == \A e \in 1..Len(recs) :
  recs[e].memb \subseteq recs[e].list /\ recs[e].memb \subseteq recs[e].by

\* Every list is the one before it but for one node.
Chain == \A e \in 2..Len(recs) : Cardinality(Differ(recs[e - 1].list, recs[e].list)) <= 1
=============================================================================
