\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
-------------------------- MODULE GlobalLocksMutants --------------------------
(***************************************************************************)
(* Does the checker bite?  Each operator here is a broken version of one   *)
(* rule L1..L25 of GlobalLocks.  A model configuration puts it in place    *)
(* with  Rule <- M_Rule  and TLC must then find a counterexample.          *)
(***************************************************************************)
EXTENDS MCGlobalLocks

\* L1  handle whatever arrives, in whichever epoch it was sent
M_EpochOK(m)   == ep[m.dst] > 0
M_Stale(n, e)  == {}
M_Late(m)      == FALSE
\* L2  give an owner what the node itself was not granted
M_Covered(l, m) == TRUE
\* L3  give an owner what another owner of the node excludes
M_AmongOwners(l, o, m) == TRUE
\* L4  lower the node's mode below what its owners hold
M_Drained(l, m) == TRUE
\* L5  grant what another node excludes
M_AmongNodes(d, n, m) == TRUE
\* L6  take a Down for the present grant, whichever it names
M_ThisGrant(d, m) == TRUE
\* L7  say nothing when a grant is not taken up (caught by NobodyForgotten)
M_SaysNotHeld == FALSE
\* L8  ask for less than the node has
M_NoLess(l, m) == TRUE
\* L9  forget a lock that nodes hold
M_Unused(d) == TRUE
\* L10 keep the value of the node when a grant brings a newer one
M_ValueOf(l, m) == l.val
\* L11 rebuild from the reports that happen to be in (the master's own)
M_AllReported(reps, members) == reps # {}
\* L12 serve before the leases of the evicted are over
M_LeasesOver(e) == TRUE
\* L13 take the newest value that is known for the last one, after a repair ...
M_LostByRepair(d) == FALSE
\*     ... and after a rebuild
M_LostByRebuild(reps) == FALSE
\* L14 do not send requests again, or Downs (caught by NobodyForgotten)
M_OpenRequest(l) == FALSE
M_OpenDown(l) == FALSE
\* L15 take up whichever grant arrives last
M_NewGrant(l, m) == TRUE
\* L16 keep an entry although a view was skipped
M_NothingSkipped(n, e) == TRUE
\* L17 put conversions behind (caught by NobodyForgotten)
M_Before(q, r) == Append(q, r)
\* L18 queue a request again that was sent again, though it was answered
M_Known(d, m) == FALSE
\* L19 forget the number of the last grant; or the version of the value, which takes
\*     TLC long to notice and is left to the drill of the simulator
M_NumbersOn(l) == {0}
M_VersionsOn(d) == {0}
\* L20 never take a revocation back (caught by NobodyForgotten)
M_NobodyWaits(d, k) == FALSE
\* L21 take the revocation that arrives last for the present one (caught by NobodyForgotten)
M_Later(rvk, m) == rvk.g < m.g \/ (rvk.g = m.g /\ rvk.r # m.r)
\* L22 serve a lock that is handed over
M_AfterHandOver(d) == d
\* L23 forget a message that a former master has not taken (caught by NobodyForgotten)
M_SentAgain(m, to) == {}
\* L24 take whichever master says last that it is the master
M_News(k, known) == TRUE
\* L25 hand a lock over that is not served yet
M_MayHandOver(d) == TRUE
=============================================================================
