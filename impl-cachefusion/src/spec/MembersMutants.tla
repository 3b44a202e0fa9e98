\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
---------------------------- MODULE MembersMutants ----------------------------
(***************************************************************************)
(* Does the checker bite?  Each operator here is a broken version of one   *)
(* rule V1..V9 of Members.  A model configuration puts it in place with   *)
(* Rule <- M_Rule  and TLC must then find a counterexample.                *)
(***************************************************************************)
EXTENDS MCMembers

\* V1  a proposer with an old record
M_Follows(p) == TRUE
\* V2  two changes in one record
M_OneChange(old, new) == Cardinality(Differ(old, new)) <= 2
\* V3  a quorum of the new list only
M_OldQuorum(V, L) == TRUE
\* V4  a quorum of the old list only
M_NewQuorum(V, L) == TRUE
\* V5  remove a member that runs, without its leaving
M_MayRemove(gone, rec) == TRUE
\* V6  do not wait for leases
M_LeasesOver(rec) == TRUE
\* V7  renew a lease by the record that the node happens to know
M_MayRenew(n) == n \in recs[known[n]].memb
\* V8  take in whoever asks
M_MayJoin(n, L) == TRUE
\* V9  take a node into a view that has not voted for it
M_AllVote(V, memb) == TRUE
=============================================================================
