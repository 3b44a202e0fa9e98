\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
-------------------------- MODULE CacheFusionMutants --------------------------
(***************************************************************************)
(* Does the checker bite?  Each operator here is a broken version of one   *)
(* rule R1..R49 of CacheFusion.  A model configuration puts it in place    *)
(* with  Rule <- M_Rule  and TLC must then find a counterexample.          *)
(***************************************************************************)
EXTENDS MCCacheFusion

\* R1  handle whatever arrives, in whichever epoch it was sent
M_EpochOK(m)   == ep[m.dst] > 0
M_Stale(n, e)  == {}
M_Late(m)      == FALSE
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
M_StillReleasing(n, b) == FALSE
\* R12 do not fence: those outside the view still write to the storage
M_Fenced(n, open) == FALSE
\* R13 rebuild from the reports that happen to be in (the master's own)
M_AllReported(reps, members) == reps # {}
\* R14 serve before the leases of the evicted are over
M_LeasesOver(e) == TRUE
\* R15 recover ignoring transfers in flight: start from disk, not past images
M_PastReported(b, reps) == {}
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
\* R24 keep an entry although a transaction was under way
M_AtRest(d) == TRUE
\* R25 keep an entry that names a node outside the view
M_NamesOnly(d, members) == TRUE
\* R26 refuse the release of what is not held
M_AnswerToStranger == "RelNack"
\* R27 report a copy that is being released
M_ReportedMode(n, b) == mode[n][b]
\* R28 let a part of a change become durable
M_WholeChanges(F, S) == TRUE
\* R29 keep an entry although a view was skipped
M_NothingSkipped(n, e) == TRUE
\* R30 do not send releases again (caught by Released, a liveness property)
M_OpenReleases(n) == {}
\* R31 report while a write of the block is under way
M_Settled(n, b) == TRUE
\* R32 after the stop of all, take those that start again for survivors
M_RedoOfTheDead(starting) == UNION {redo[n] : n \in Node \ starting}
\* R33 forget the requester of the transaction under way
M_AllInside(d, members) == Named(d) \subseteq members
\* R34 have a past image written although disk is newer
M_NewerThanDisk(v, b) == TRUE
\* R35 rebuild before those outside the view are fenced off and their logs read
M_FenceUp(e) == TRUE
\* R36 take a block for on disk as soon as its write has landed
M_OnDisk(b)      == Seen(b)
M_Announced(how) == how = "landed"
\* R37 trust what recovery finds on disk, whoever wrote it
M_Found(b) == Seen(b)
\* R38 take up an entry that was handed over in an earlier epoch
M_Void(m) == m.type # "Transfer"
\* R39 move an entry that is not rebuilt yet
M_Movable(d) == d.st \in {"serve", "rebuild", "recover"}
\* R40 begin transactions although the block is to move (caught by MoveEnds, a
\*     liveness property)
M_Frozen(d) == FALSE
\* R41 hand an entry over while a transaction is under way
M_Closed(d) == TRUE
\* R42 serve until the new master says that it does
M_Left(d) == [d EXCEPT !.to = None]
\* R43 leave the queue behind (caught by Granted)
M_QueueMoves(q) == <<>>
\* R44 name the new master before it has said that it serves
M_MapOnHandOver(n, b, to) == [to |-> to, no |-> map[n][b].no + 1]
\* R45 take old news for new (caught by Granted)
M_News(m) == TRUE
\* R46 do not send again what was answered with Moved (caught by Granted)
M_SendAgain(msg) == {}
\* R47 send Done to the master that the map names (caught by Granted)
M_Closer(msg) == Master(msg.dst, msg.b)
\* R48 let each node put the moves that it knows of on the map of the view
M_MapOf(n, b) == IF map[n][b].to \in View.members THEN map[n][b].to ELSE View.master[b]
\* R49 keep an entry that was handed over
M_Serves(d) == d.st \in {"serve", "sent"}
=============================================================================
