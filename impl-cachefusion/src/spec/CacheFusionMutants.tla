\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
-------------------------- MODULE CacheFusionMutants --------------------------
(***************************************************************************)
(* Does the checker bite?  Each operator here is a broken version of one   *)
(* rule R1..R23 of CacheFusion.  A model configuration puts it in place    *)
(* with  Rule <- M_Rule  and TLC must then find a counterexample.          *)
(***************************************************************************)
EXTENDS MCCacheFusion

\* R1  handle whatever arrives, in whichever epoch it was sent
M_EpochOK(m)   == ep[m.dst] > 0
M_Stale(n, e)  == {}
\* R2  ship a block before its redo is durable
M_FlushedBeforeShip(n, b)  == TRUE
\* R3  write a block to disk before its redo is durable
M_FlushedBeforeWrite(n, b) == TRUE
\* R4  ship a block while a disk write of it is still under way
M_IoIdle(n, b) == TRUE
\* R5  keep no past image
M_PastImage(n, b) == None
\* R6  evict a changed block without writing it
M_Clean(n, b)  == TRUE
\* R7  complete an exclusive request without waiting for the acknowledgements
M_AllAcked(p)  == TRUE
\* R8  grant X without invalidating the other sharers
M_Others(d, r, p) == {}
\* R9  start the next transaction before Done of the one under way
M_Idle(d)      == TRUE
\* R10 accept a release although a forward to the releaser is on its way
M_Crossing(d, n) == FALSE
\* R11 take a release back when the epoch changes
M_ModeAtInstall(n, b) == mode[n][b]
\* R12 do not fence: those outside the view still write to the storage
M_Fenced(n, members) == FALSE
\* R13 rebuild from the reports that happen to be in (the master's own)
M_AllReported(reps, members) == reps # {}
\* R14 serve before the leases of the evicted are over
M_LeasesOver(e) == TRUE
\* R15 rebuild ignoring transfers in flight: start from disk, not past images
M_Base(b, reps) == disk[b]
\* R16 replay no redo
M_Replay(x, recs) == x
\* R17 throw the redo of the dead away when the first block is recovered
M_PoolAfterRebuild(p) == {}
\* R18 do not send open requests again (caught by Granted, a liveness property)
M_OpenRequests(n) == {}
\* R19 use a block whose release is under way
M_Usable(n, b) == n \in up /\ mode[n][b] # "N"
\* R20 refuse, but register the asker as a sharer all the same
M_AfterRefusal(d, r) == [d EXCEPT !.sh = @ \cup {r}]
\* R21 let the callers of a refused prefetch wait for an answer already given
\*     (caught by Granted)
M_AskAgain(req) == {}
\* R22 tell nobody that the read failed (caught by Granted)
M_CloseFailed(done) == {}
\* R23 take a Done for success
M_AfterFailedRead(d) == [d EXCEPT !.txn = None,
    !.own = IF d.txn.m = "X" THEN d.txn.r ELSE None,
    !.sh  = IF d.txn.m = "X" THEN {} ELSE @ \cup {d.txn.r}]
=============================================================================
