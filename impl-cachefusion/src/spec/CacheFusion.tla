\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
----------------------------- MODULE CacheFusion -----------------------------
(***************************************************************************)
(* Cache fusion: coherent block caches of several nodes over one shared    *)
(* storage.                                                                *)
(*                                                                         *)
(* Every block has one MASTER node, named by the membership view, until    *)
(* that one moves the block to another member (see below).  The master     *)
(* knows who holds the block (N none / S shared / X exclusive) and runs    *)
(* ONE TRANSACTION PER BLOCK at a time.  The block image itself            *)
(* travels straight from a holder to the requester (three hops:            *)
(* requester -> master -> holder -> requester), sharers acknowledge an     *)
(* invalidation straight to the requester, and the requester closes the    *)
(* transaction with Done.                                                  *)
(*                                                                         *)
(* A node may also ask ahead of need (PREFETCH): such an optional request  *)
(* may be refused by the master, which then knows nothing of it.  And a    *)
(* requester that was sent to the disk may find that it cannot read the    *)
(* block: it closes the transaction with a Done that says so.              *)
(*                                                                         *)
(* Every node writes its changes ahead to its own redo log on the shared   *)
(* storage.  A changed block leaves its node only after its redo is        *)
(* durable; the sender keeps a PAST IMAGE until the block is on disk.  A   *)
(* change may span several blocks of its node: it is one record.           *)
(*                                                                         *)
(* A block write is two steps.  It LANDS: from then on every node reads    *)
(* it.  And it becomes STABLE when the node that wrote it has FORCED it.   *)
(* In between it is lost if the power of its writer fails.  So only what   *)
(* is stable counts as being on disk, and only its writer can know.        *)
(*                                                                         *)
(* When a node stops, the survivors agree on a new VIEW (the next epoch,   *)
(* by quorum - agreement itself is not modelled, only its outcome: views   *)
(* form one sequence) and fence the others off the storage.  A master that *)
(* stays the master of a block keeps its entry if nothing was under way    *)
(* and nobody outside the view is named; all other entries are rebuilt:    *)
(* the master asks every member what it holds, and where the current       *)
(* version died with its holder it has the newest past image written and   *)
(* replays the redo of the dead.  When nobody is left, the nodes that come *)
(* back do the same with the redo of all (COLD START).                     *)
(*                                                                         *)
(* Within an epoch a master may MOVE a block to another member: it begins  *)
(* no new transaction, waits for the end of the one under way, hands the   *)
(* entry over, and answers what comes late with the name of the new        *)
(* master.  Moves of a block are numbered; each node goes by the highest   *)
(* number that it has learnt.  The next view may name any of its members   *)
(* as the master, also the one to which the block has moved.  A block      *)
(* stands here for a whole bucket: the blocks of a bucket move in one      *)
(* message, which is one way among those that are allowed here.            *)
(*                                                                         *)
(* The network is a SET of messages: within an epoch each is delivered     *)
(* exactly once, after any delay and IN ANY ORDER, even between the same   *)
(* two nodes.  This is weaker than FIFO per pair; what is proved here      *)
(* holds for FIFO channels too, and for several lanes per pair.            *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets, TLC   \* TLC: only for r1 @@ r2

CONSTANTS
  Node, Block,      \* sets of model values
  None,             \* "nothing"
  MaxVer,           \* bound: versions written per block
  MaxCrash,         \* bound: members that crash
  MaxEvict,         \* bound: members that are put out of the view while running
  MaxJoin,          \* bound: nodes that (re)join
  MaxCold,          \* bound: starts after all members have stopped
  MaxReq,           \* bound: requests in all; 0 = unbounded
  MaxOpt,           \* bound: optional requests (prefetches); 0 = none
  MaxFail,          \* bound: disk reads that fail; 0 = none
  MaxMove,          \* bound: moves of a block to another master; 0 = none
  Stamps            \* transaction stamps are counted modulo this

VARIABLES
  \* -- membership ---------------------------------------------------------
  views,   \* Seq of [members, master]: views[e] is the agreed view of epoch e
  ep,      \* ep[n]: the epoch node n has installed
  up,      \* the nodes that are running
  map,     \* map[n][b]: [to, no]: the master of b as n knows it, and the number of
           \* the move that made it so: 0 for the map of the view
  \* -- a node's cache (lost when it stops) --------------------------------
  mode,    \* mode[n][b]: "N", "S", "X"
  img,     \* img[n][b]: image held; with mode "N" it is a past image
  rel,     \* rel[n][b]: a voluntary release is under way, the block is frozen
  pend,    \* pend[n][b]: the outstanding request, or None
  vol,     \* vol[n]: redo records not yet durable
  \* -- a node's part of the directory (lost when it stops) ----------------
  dir,     \* dir[n][b]
  \* -- network ------------------------------------------------------------
  net,
  \* -- shared storage -----------------------------------------------------
  disk,    \* disk[b]: the version on disk for good
  soft,    \* soft[b]: writes that landed after that and are not forced, in order:
           \* Seq of [n, val]; n is the writer, None if its life is over
  redo,    \* redo[n]: durable redo of a member
  pool,    \* durable redo of nodes that left: kept until the blocks are on disk
  io,      \* io[n][b]: a block write accepted by the storage, not yet done
  unfenced, \* put out of the view, but the storage does not refuse them yet
  \* -- ghosts: history the protocol never reads ---------------------------
  line,    \* line[b]: writers of versions 1, 2, ... that (still) count
  acked,   \* acked[b]: highest version whose commit was acknowledged
  joint,   \* the changes over several blocks that (still) count
  count    \* how often the bounded actions (MaxCrash ... MaxMove) happened

cacheVars == <<mode, img, rel, pend, vol>>
storeVars == <<disk, soft, redo, pool, io, unfenced>>
ghosts    == <<line, acked, joint, count>>
vars == <<views, ep, map, up, mode, img, rel, pend, vol, dir, net,
          disk, soft, redo, pool, io, unfenced, line, acked, joint, count>>

-----------------------------------------------------------------------------
(* Vocabulary *)

Epoch == Len(views)                    \* the newest agreed epoch
View  == views[Epoch]
Zero  == [v |-> 0, w |-> None]         \* a version: its number and its writer
Master(n, b) == map[n][b].to           \* the master of b as n sees it
NoMap == [b \in Block |-> [to |-> None, no |-> 0]]

\* A directory entry: "rebuild" waits for reports, "recover" for the disk to
\* become current (first of all: to reach version base, whose past image kept
\* has), "serve" serves.  One that serves and has a "to" is frozen, to move there;
\* "sent" has handed the entry over and waits until the new master says so.
Off    == [st |-> "off", own |-> None, sh |-> {}, txn |-> None, t |-> 0,
           q |-> <<>>,                 \* (off: not the master of this block)
           to |-> None, base |-> 0, kept |-> None,
           inside |-> FALSE]           \* whoever may hold it is in the view
Fresh  == [Off EXCEPT !.st = "rebuild"]
Named(d) == d.sh \cup ({d.own} \ {None})     \* who holds the block
\* An outstanding request: the mode it is for, whether the master may refuse
\* it, the mode a caller waits for (None: a prefetch nobody waits for yet).
Ask(m) == [m |-> m, opt |-> FALSE, want |-> m, val |-> None, inv |-> {}, acks |-> {}]
AskAhead == [Ask("S") EXCEPT !.opt = TRUE, !.want = None]

\* R19 A block whose release is under way is neither read nor changed.
Usable(n, b) == n \in up /\ mode[n][b] # "N" /\ ~rel[n][b]
Latest(b)    == [v |-> Len(line[b]),
                 w |-> IF line[b] = <<>> THEN None ELSE line[b][Len(line[b])]]

\* What a read of the disk shows: the write that landed last.
Seen(b) == IF soft[b] = <<>> THEN disk[b] ELSE soft[b][Len(soft[b])].val

Least(S)    == CHOOSE x \in S : \A y \in S : x <= y
Greatest(S) == CHOOSE x \in S : \A y \in S : y <= x

-----------------------------------------------------------------------------
(* The rules that carry the safety of the protocol.  Each one is a named   *)
(* operator so that CacheFusionMutants can break exactly one at a time.    *)

\* R38 An entry on its way from one master to the next is no exception to R1: once
\*     its receiver has installed the next view, the reports count instead.
Void(m) == TRUE

\* R36 On disk is what the writer has forced, and nothing else: only that ends
\*     the duty to write it, the need for past images and for redo.
OnDisk(b)      == disk[b]
Announced(how) == how = "forced"
\* R37 What recovery finds on disk counts when the master has written it again
\*     and forced it: a stopped node may not have come to forcing it.
Found(b) == disk[b]

\* R1  A message is handled only in the epoch it was sent in.
EpochOK(m) == m.e = ep[m.dst] \/ (m.e < ep[m.dst] /\ ~Void(m))
\* R1' ... and what is older than the epoch installed is thrown away.
Stale(n, e) == {m \in net : m.dst = n /\ m.e < e /\ Void(m)}
Late(m) == m.e < ep[m.dst] /\ Void(m)
\* A message that comes too late, or goes to a stopped node, is never handled:
\* forget it.
Deliverable(S) == {m \in S : m.dst \in up /\ ~Late(m)}

\* R2  A block leaves its node only when its redo is durable there.
FlushedBeforeShip(n, b) == \A r \in vol[n] : r.b # b
\* R3  Write-ahead: a block goes to disk only when its redo is durable.
FlushedBeforeWrite(n, b) == \A r \in vol[n] : r.b # b
\* R4  A block leaves its node only when no disk write of it is under way.
IoIdle(n, b) == io[n][b] = None
\* R5  A changed image that leaves, or is invalidated, stays as past image.
PastImage(n, b) == IF img[n][b].v > OnDisk(b).v THEN img[n][b] ELSE None
\* R6  A block is given up voluntarily only when it is on disk.
Clean(n, b) == img[n][b].v <= OnDisk(b).v
\* R7  A request is complete when every invalidation is acknowledged.
AllAcked(p) == p.inv \subseteq p.acks
\* R8  Every other sharer is invalidated before an exclusive grant.
Others(d, r, p) == d.sh \ {r, p}
\* R9  One transaction per block: the next starts after Done.
Idle(d) == d.txn = None
\* R10 A release that meets a transaction involving its sender is not accepted:
\*     if that is for X it is refused, and the forward or invalidation decides;
\*     if it is for S it waits for Done, since the sender may have shipped its
\*     image before it asked, and nothing would follow a refusal.
Crossing(d, n) == d.txn # None /\ (d.txn.m = "X" \/ d.txn.src = n)
\* R11 A release that is under way when the epoch changes stays so: the copy
\*     stays frozen until the (new) master has answered.
StillReleasing(n, b) == rel[n][b]
\* R12 A node outside the view that has been fenced off cannot write to the
\*     shared storage, nor do writes land that it began before.
Fenced(n, open) == n \notin View.members /\ n \notin open
\* R13 A master serves only when every member has reported ...
AllReported(reps, members) == {r.src : r \in reps} = members
\* R14 ... and everybody outside the view has certainly stopped (lease).
LeasesOver(e) == Node \ views[e].members \subseteq Node \ up
\* R35 ... and been fenced off, and its log been read after that.
FenceUp(e) == unfenced \subseteq views[e].members
\* R34 A past image that disk has overtaken is worth nothing and never written.
NewerThanDisk(v, b) == v > Seen(b).v
\* R15 Recovery starts when the newest past image is on disk ...
PastReported(b, reps) == {r \in reps : r.val # None}
\* R16 ... and applies the redo of the dead, version by version.
RECURSIVE Replay(_, _)
Replay(x, recs) ==
  IF \E r \in recs : r.v = x.v + 1
  THEN Replay(CHOOSE r \in recs : r.v = x.v + 1, recs)
  ELSE x
\* R17 Redo of the dead stays until every block it touched is on disk.
PoolAfterRebuild(p) == p
\* R18 A request that a caller waits for when the epoch changes is sent again.
OpenRequests(n) == {b \in Block : pend[n][b] # None /\ pend[n][b].want # None}
\* R20 A refused request leaves no trace in the directory.
AfterRefusal(d, r) == d
\* R21 A refused prefetch that a caller waits for by now becomes a request.
AskAgain(req) == {req}
\* R22 A failed read closes its transaction ...
CloseFailed(done) == {done}
\* R23 ... which then makes nobody a holder.
AfterFailedRead(d) == [d EXCEPT !.txn = None]
\* R24 A master keeps an entry over a view change if no transaction of the block
\*     is under way ...
AtRest(d) == d.txn = None
\* R25 ... nobody outside the new view is named in it ...
NamesOnly(d, members) == Named(d) \subseteq members
\* R29 ... and the master has skipped no view: whoever is named has not stopped
\*     and come back meanwhile.
NothingSkipped(n, e) == ep[n] = e - 1
\* R33 Whoever may come to hold the block is in the new view: nobody outside need
\*     have stopped before it is rebuilt.
AllInside(d, members) ==
  Named(d) \cup (IF d.txn = None THEN {} ELSE {d.txn.r}) \subseteq members
\* R26 Whoever releases what it does not hold (any more) is told that it is rid
\*     of it: it may have asked before, in an earlier epoch.
AnswerToStranger == "RelAck"
\* R27 A node that is releasing reports that it holds nothing: the old master
\*     may have accepted the release, and another may have changed the block.
ReportedMode(n, b) == IF rel[n][b] THEN "N" ELSE mode[n][b]
\* R28 A change over several blocks is one record: durable or lost as a whole.
WholeChanges(F, S) == \A r \in F, s \in S : s.chg = r.chg => s \in F
\* R30 A release that is under way when the epoch changes is sent again.
OpenReleases(n) == {b \in Block : rel[n][b]}
\* R31 A node that does not hold a block reports it only when no write of it (of
\*     a past image, or of what it recovered as the former master) is under way.
Settled(n, b) == mode[n][b] # "N" \/ io[n][b] = None
\* R32 After the stop of all nodes, the redo of all of them is that of the dead.
RedoOfTheDead(starting) == UNION {redo[n] : n \in Node}

(* Rules of moves *)

\* R39 A block moves only from a master that serves it, not before.
Movable(d) == d.st = "serve"
\* R40 A block that is to move is frozen: no new transaction begins.
Frozen(d) == d.to # None
\* R41 Its entry leaves when no transaction of it is under way ...
Closed(d) == d.txn = None
\* R42 ... and with the entry goes the right to serve.
Left(d) == [Off EXCEPT !.st = "sent"]
\* R43 What is queued travels with the entry.
QueueMoves(q) == q
\* R44 The former master does not use the new one, and names it to no node, before
\*     that one has said that it serves: so a node that gets a message as the
\*     master knows at least as much of the moves as the sender.
MapOnHandOver(n, b, to) == map[n][b]
\* R45 A move is news only to a node that knows of none with that number or above.
News(m) == m.no > map[m.dst][m.b].no
\* R46 A node that is told that the block has moved sends again what was not taken.
SendAgain(msg) == {msg}
\* R47 Done goes to the master that began the transaction, whatever the map says.
Closer(msg) == IF msg.type = "Grant" THEN msg.src ELSE msg.k
\* R48 The map of a view is a part of what is agreed: the moves that members know
\*     of do not count beside it.
MapOf(n, b) == View.master[b]
\* R49 A view change ends a move: a node that has handed the entry over, or was to
\*     get it, has nothing to keep.
Serves(d) == d.st = "serve"

-----------------------------------------------------------------------------
(* Version x of b is on disk: redo and past images up to it cannot         *)
(* influence any recovery (it starts at the disk version or above).        *)
(* So the redo is dropped at once; the real system truncates it at a       *)
(* checkpoint.  The keepers of past images are told by an advisory         *)
(* message: some drop them, some may not have heard of it.                 *)

KeepRedo(S, b, x) == {r \in S : r.b # b \/ r.val.v > x.v}

Announce(b, x, how) ==
  IF Announced(how)
  THEN /\ redo' = [n \in Node |-> KeepRedo(redo[n], b, x)]
       /\ pool' = KeepRedo(pool, b, x)
       /\ \E deaf \in SUBSET {n \in up : mode[n][b] = "N" /\ img[n][b] # None
                                          /\ img[n][b].v <= x.v} :
            img' = [n \in Node |-> [img[n] EXCEPT ![b] =
                      IF mode[n][b] = "N" /\ @ # None /\ @.v <= x.v /\ n \notin deaf
                      THEN None ELSE @]]
  ELSE UNCHANGED <<redo, pool, img>>

-----------------------------------------------------------------------------
(* The master.  Begin gives every way to start the transaction of          *)
(* requester r for mode m: the new directory entry and what to send.       *)

Begin(n, b, d, r, m) ==
  LET t    == (d.t + 1) % Stamps                  \* the transaction's stamp
      to(type, dst) == [type |-> type, src |-> n, dst |-> dst, b |-> b,
                        e |-> ep[n], t |-> t, r |-> r]
      fwd(p, inv)   == to("Fwd", p)   @@ [m |-> m, inv |-> inv]
      grant(f, inv) == to("Grant", r) @@ [from |-> f, inv |-> inv]
      invs(S)       == {to("Inv", s) : s \in S}
      res(src, out) == [d |-> [d EXCEPT !.t = t,
                                !.txn = [r |-> r, m |-> m, src |-> src]],
                        out |-> out]
  IN CASE d.own # None ->                         \* the holder of X ships it
            {res(d.own, {fwd(d.own, {})})}
       [] d.own = None /\ d.sh = {} ->            \* nobody: disk is current
            {res(None, {grant("disk", {})})}
       [] d.own = None /\ d.sh # {} /\ m = "S" -> \* any sharer ships a copy
            {res(p, {fwd(p, {})}) : p \in d.sh}
       [] d.own = None /\ d.sh # {} /\ m = "X" /\ r \in d.sh ->   \* upgrade
            LET inv == Others(d, r, r)
            IN {res(None, {grant("own", inv)} \cup invs(inv))}
       [] OTHER ->                                \* one ships, others drop
            {LET inv == Others(d, r, p)
             IN res(p, {fwd(p, inv)} \cup invs(inv)) : p \in d.sh}

\* Start the oldest queued request, if any.
Next1(n, b, d) ==
  IF d.q = <<>> \/ d.st # "serve" \/ Frozen(d) THEN {[d |-> d, out |-> {}]}
  ELSE Begin(n, b, [d EXCEPT !.q = Tail(@)], Head(d.q).n, Head(d.q).m)

SetDir(n, b, d) == dir' = [dir EXCEPT ![n][b] = d]
Reply(m, out)   == net' = Deliverable((net \ {m}) \cup out)

\* The answer of a former master: it has done nothing with m; who it has heard of.
Moved(m) == map[m.dst][m.b] @@ [type |-> "Moved", src |-> m.dst, dst |-> m.src,
                                b |-> m.b, e |-> m.e, of |-> m.type]

\* An optional request may be refused whatever the entry looks like: when to
\* do it (a good master: whenever the block is busy or held) is policy.
RecvReq(m) ==
  LET n == m.dst  b == m.b  d == dir[n][b]
      refuse == [type |-> "Refuse", src |-> n, dst |-> m.src, b |-> b, e |-> ep[n]]
  IN /\ d.st # "sent"                             \* then: wait
     /\ \E x \in IF d.st = "off" THEN {[d |-> d, out |-> {Moved(m)}]} ELSE
             (IF d.st = "serve" /\ Idle(d) /\ ~Frozen(d)
                  THEN Begin(n, b, d, m.src, m.m)
                  ELSE {[d |-> [d EXCEPT !.q = Append(@, [n |-> m.src, m |-> m.m])],
                         out |-> {}]})
              \cup (IF m.opt THEN {[d |-> AfterRefusal(d, m.src), out |-> {refuse}]}
                    ELSE {}) :
          SetDir(n, b, x.d) /\ Reply(m, x.out)
     /\ UNCHANGED <<views, ep, map, up, cacheVars, storeVars, ghosts>>

RecvDone(m) ==
  LET n == m.dst  b == m.b  d == dir[n][b]
      held == [d EXCEPT !.txn = None,
                 !.own = IF d.txn.m = "X" THEN d.txn.r ELSE None,
                 !.sh  = IF d.txn.m = "X" THEN {}
                         ELSE @ \cup {d.txn.r} \cup ({d.own} \ {None})]
      d1 == IF m.ok THEN held ELSE AfterFailedRead(d)
  IN /\ d.txn # None
     /\ \E x \in Next1(n, b, d1) : SetDir(n, b, x.d) /\ Reply(m, x.out)
     /\ UNCHANGED <<views, ep, map, up, cacheVars, storeVars, ghosts>>

RecvRel(m) ==
  LET n == m.dst  b == m.b  d == dir[n][b]
      held == m.src \in Named(d)
      crosses == held /\ Crossing(d, m.src)
      answer == IF ~held THEN AnswerToStranger
                ELSE IF crosses THEN "RelNack" ELSE "RelAck"
  IN /\ d.st \in {"serve", "off"}                 \* before that: wait
     /\ ~(d.txn # None /\ d.txn.r = m.src)        \* its own Done comes first,
     /\ crosses => d.txn.m = "X"                  \* and that of a copy it ships
     /\ SetDir(n, b, IF held /\ ~crosses
                     THEN [d EXCEPT !.sh  = @ \ {m.src},
                                    !.own = IF @ = m.src THEN None ELSE @]
                     ELSE d)
     /\ Reply(m, {IF d.st = "off" THEN Moved(m)
                  ELSE [type |-> answer, src |-> n, dst |-> m.src, b |-> b, e |-> ep[n]]})
     /\ UNCHANGED <<views, ep, map, up, cacheVars, storeVars, ghosts>>

-----------------------------------------------------------------------------
(* The holders *)

RecvFwd(m) ==      \* ship the image to the requester, directly
  LET n == m.dst  b == m.b
  IN /\ FlushedBeforeShip(n, b)
     /\ IoIdle(n, b)
     /\ mode' = [mode EXCEPT ![n][b] = IF m.m = "X" THEN "N" ELSE "S"]
     /\ img'  = [img  EXCEPT ![n][b] = IF m.m = "X" THEN PastImage(n, b) ELSE @]
     /\ Reply(m, {[type |-> "Data", src |-> n, dst |-> m.r, b |-> b, e |-> ep[n],
                   t |-> m.t, k |-> m.src, val |-> img[n][b], inv |-> m.inv]})
     /\ UNCHANGED <<views, ep, map, up, rel, pend, vol, dir, storeVars, ghosts>>

RecvInv(m) ==      \* drop the copy, acknowledge to the requester, directly
  LET n == m.dst  b == m.b
  IN /\ IoIdle(n, b)
     /\ mode' = [mode EXCEPT ![n][b] = "N"]
     /\ img'  = [img  EXCEPT ![n][b] = IF @ = None THEN None ELSE PastImage(n, b)]
     /\ Reply(m, {[type |-> "Ack", src |-> n, dst |-> m.r, b |-> b, e |-> ep[n],
                   t |-> m.t, k |-> m.src]})
     /\ UNCHANGED <<views, ep, map, up, rel, pend, vol, dir, storeVars, ghosts>>

-----------------------------------------------------------------------------
(* The requester *)

ReqMsg(n, b, m, opt) == [type |-> "Req", src |-> n, b |-> b, m |-> m, opt |-> opt,
                         dst |-> Master(n, b), e |-> ep[n]]

Request(n, b, m) ==
  /\ n \in up /\ ep[n] > 0 /\ pend[n][b] = None /\ ~rel[n][b]
  /\ IF m = "S" THEN mode[n][b] = "N" ELSE mode[n][b] # "X"
  /\ MaxReq = 0 \/ count.req < MaxReq
  /\ count' = IF MaxReq = 0 THEN count ELSE [count EXCEPT !.req = @ + 1]
  /\ pend' = [pend EXCEPT ![n][b] = Ask(m)]
  /\ net'  = Deliverable(net \cup {ReqMsg(n, b, m, FALSE)})
  /\ UNCHANGED <<views, ep, map, up, mode, img, rel, vol, dir, storeVars,
                 line, acked, joint>>

\* Ask for a copy ahead of need ...
Prefetch(n, b) ==
  /\ n \in up /\ ep[n] > 0 /\ pend[n][b] = None /\ ~rel[n][b] /\ mode[n][b] = "N"
  /\ count.opt < MaxOpt
  /\ count' = [count EXCEPT !.opt = @ + 1]
  /\ pend' = [pend EXCEPT ![n][b] = AskAhead]
  /\ net'  = Deliverable(net \cup {ReqMsg(n, b, "S", TRUE)})
  /\ UNCHANGED <<views, ep, map, up, mode, img, rel, vol, dir, storeVars,
                 line, acked, joint>>

\* ... and need it before the answer is there: wait for the answer, send nothing.
Want(n, b, m) ==
  /\ pend[n][b] # None /\ pend[n][b].want = None
  /\ pend' = [pend EXCEPT ![n][b].want = m]
  /\ UNCHANGED <<views, ep, map, up, mode, img, rel, vol, dir, net, storeVars, ghosts>>

RecvRefuse(m) ==
  LET n == m.dst  b == m.b  p == pend[n][b]
  IN /\ p # None
     /\ IF p.want = None
        THEN pend' = [pend EXCEPT ![n][b] = None] /\ Reply(m, {})
        ELSE /\ pend' = [pend EXCEPT ![n][b] = Ask(p.want)]
             /\ Reply(m, AskAgain(ReqMsg(n, b, p.want, FALSE)))
     /\ UNCHANGED <<views, ep, map, up, mode, img, rel, vol, dir, storeVars, ghosts>>

\* Take in what arrived; when image and acknowledgements are complete, hold.
Absorb(msg, p) ==
  LET n == msg.dst  b == msg.b  done == p.val # None /\ AllAcked(p)
  IN /\ pend' = [pend EXCEPT ![n][b] = IF done THEN None ELSE p]
     /\ mode' = IF done THEN [mode EXCEPT ![n][b] = p.m] ELSE mode
     /\ img'  = IF done THEN [img  EXCEPT ![n][b] = p.val] ELSE img
     /\ Reply(msg, IF done THEN {[type |-> "Done", src |-> n, b |-> b,
                       dst |-> Closer(msg), e |-> ep[n], t |-> msg.t,
                       ok |-> TRUE]} ELSE {})
     /\ UNCHANGED <<views, ep, map, up, rel, vol, dir, storeVars, ghosts>>

\* The block cannot be read: nothing arrives, whoever waits gets an error.
FailedRead(msg) ==
  LET n == msg.dst  b == msg.b
  IN /\ msg.from = "disk" /\ count.fail < MaxFail
     /\ count' = [count EXCEPT !.fail = @ + 1]
     /\ pend' = [pend EXCEPT ![n][b] = None]
     /\ Reply(msg, CloseFailed([type |-> "Done", src |-> n, b |-> b,
                       dst |-> Closer(msg), e |-> ep[n], t |-> msg.t,
                       ok |-> FALSE]))
     /\ UNCHANGED <<views, ep, map, up, mode, img, rel, vol, dir, storeVars,
                    line, acked, joint>>

RecvGrant(m) ==
  LET p == pend[m.dst][m.b]
  IN /\ p # None
     /\ \/ Absorb(m, [p EXCEPT !.inv = m.inv,
               !.val = IF m.from = "disk" THEN Seen(m.b) ELSE img[m.dst][m.b]])
        \/ FailedRead(m)

RecvData(m) ==
  LET p == pend[m.dst][m.b]
  IN p # None /\ Absorb(m, [p EXCEPT !.inv = m.inv, !.val = m.val])

RecvAck(m) ==
  LET p == pend[m.dst][m.b]
  IN p # None /\ Absorb(m, [p EXCEPT !.acks = @ \cup {m.src}])

-----------------------------------------------------------------------------
(* Voluntary release (eviction from the cache) *)

RelMsg(n, b) == [type |-> "Rel", src |-> n, b |-> b, dst |-> Master(n, b), e |-> ep[n]]

Release(n, b) ==
  /\ Usable(n, b) /\ pend[n][b] = None
  /\ FlushedBeforeShip(n, b) /\ IoIdle(n, b) /\ Clean(n, b)
  /\ rel' = [rel EXCEPT ![n][b] = TRUE]
  /\ net' = Deliverable(net \cup {RelMsg(n, b)})
  /\ UNCHANGED <<views, ep, map, up, mode, img, pend, vol, dir, storeVars, ghosts>>

RecvRelAck(m) ==
  /\ rel'  = [rel  EXCEPT ![m.dst][m.b] = FALSE]
  /\ mode' = [mode EXCEPT ![m.dst][m.b] = "N"]
  /\ img'  = [img  EXCEPT ![m.dst][m.b] = None]
  /\ Reply(m, {})
  /\ UNCHANGED <<views, ep, map, up, pend, vol, dir, storeVars, ghosts>>

RecvRelNack(m) ==      \* the release is off; the mode stays what it is by now
  /\ rel' = [rel EXCEPT ![m.dst][m.b] = FALSE]
  /\ Reply(m, {})
  /\ UNCHANGED <<views, ep, map, up, mode, img, pend, vol, dir, storeVars, ghosts>>

-----------------------------------------------------------------------------
(* Moving a block to another master, within an epoch *)

Freeze(n, b, to) ==
  /\ n \in up /\ Movable(dir[n][b]) /\ dir[n][b].to = None
  /\ to \in views[ep[n]].members \ {n}
  /\ count.move < MaxMove
  /\ count' = [count EXCEPT !.move = @ + 1]
  /\ dir' = [dir EXCEPT ![n][b].to = to]
  /\ UNCHANGED <<views, ep, map, up, cacheVars, net, storeVars, line, acked, joint>>

\* A master may give a move up while it still has the entry.
Thaw(n, b) ==
  LET d == [dir[n][b] EXCEPT !.to = None]
  IN /\ n \in up /\ dir[n][b].to # None
     /\ \E x \in IF Idle(d) THEN Next1(n, b, d) ELSE {[d |-> d, out |-> {}]} :
          SetDir(n, b, x.d) /\ net' = Deliverable(net \cup x.out)
     /\ UNCHANGED <<views, ep, map, up, cacheVars, storeVars, ghosts>>

HandOver(n, b) ==
  LET d == dir[n][b]
  IN /\ n \in up /\ d.to # None /\ Closed(d)
     /\ SetDir(n, b, Left(d))
     /\ map' = [map EXCEPT ![n][b] = MapOnHandOver(n, b, d.to)]
     /\ net' = Deliverable(net \cup {[type |-> "Transfer", src |-> n, dst |-> d.to,
                  b |-> b, e |-> ep[n], no |-> map[n][b].no + 1,
                  own |-> d.own, sh |-> d.sh, t |-> d.t, q |-> QueueMoves(d.q)]})
     /\ UNCHANGED <<views, ep, up, cacheVars, storeVars, ghosts>>

\* The new master serves, beginning with the queue, and says so to all members; to
\* the former master this is the acknowledgement.
RecvTransfer(m) ==
  LET n == m.dst  b == m.b
      d == [Off EXCEPT !.st = "serve", !.own = m.own, !.sh = m.sh, !.t = m.t, !.q = m.q]
      news == {[type |-> "NewMaster", src |-> n, dst |-> x, b |-> b, e |-> ep[n],
                to |-> n, no |-> m.no] : x \in views[ep[n]].members \ {n}}
  IN /\ map' = [map EXCEPT ![n][b] = [to |-> n, no |-> m.no]]
     /\ \E x \in Next1(n, b, d) : SetDir(n, b, x.d) /\ Reply(m, x.out \cup news)
     /\ UNCHANGED <<views, ep, up, cacheVars, storeVars, ghosts>>

\* Who learns that another node is the master is not, whatever it was before.
Learn(m) ==
  /\ map' = IF News(m) THEN [map EXCEPT ![m.dst][m.b] = [to |-> m.to, no |-> m.no]]
            ELSE map
  /\ dir' = IF News(m) THEN [dir EXCEPT ![m.dst][m.b] = Off] ELSE dir

RecvNewMaster(m) ==
  /\ Learn(m) /\ Reply(m, {})
  /\ UNCHANGED <<views, ep, up, cacheVars, storeVars, ghosts>>

\* The answer may be older than what the node knows by now: it sends again to the
\* master that it knows.
RecvMoved(m) ==
  LET n == m.dst  b == m.b
      again == IF m.of = "Rel" THEN RelMsg(n, b)
               ELSE ReqMsg(n, b, pend[n][b].m, pend[n][b].opt)
  IN /\ m.of = "Req" => pend[n][b] # None
     /\ Learn(m)
     /\ Reply(m, SendAgain([again EXCEPT !.dst = map'[n][b].to]))
     /\ UNCHANGED <<views, ep, up, cacheVars, storeVars, ghosts>>

-----------------------------------------------------------------------------
(* Changing a block, redo, disk writes *)

Write(n, S) ==         \* one change of the blocks S, one record
  LET x == [b \in S |-> [v |-> img[n][b].v + 1, w |-> n]]
  IN /\ \A b \in S : Usable(n, b) /\ mode[n][b] = "X" /\ Len(line[b]) < MaxVer
     /\ img' = [img EXCEPT ![n] = [b \in Block |-> IF b \in S THEN x[b] ELSE @[b]]]
     /\ vol' = [vol EXCEPT ![n] = @ \cup {[b |-> b, val |-> x[b], chg |-> x] : b \in S}]
     /\ line' = [b \in Block |-> IF b \in S THEN Append(line[b], n) ELSE line[b]]
     /\ joint' = IF Cardinality(S) > 1 THEN joint \cup {x} ELSE joint
     /\ UNCHANGED <<views, ep, map, up, mode, rel, pend, dir, net, storeVars,
                    acked, count>>

\* Group commit: redo of n becomes durable, all of it or what was written first;
\* acknowledge.
Flush(n) ==
  /\ n \in up /\ vol[n] # {} /\ ~Fenced(n, unfenced)
  /\ \E F \in SUBSET vol[n] :
       /\ F # {} /\ WholeChanges(F, vol[n])
       /\ \A r \in F, s \in vol[n] : s.b = r.b /\ s.val.v < r.val.v => s \in F
       /\ redo' = [redo EXCEPT ![n] = @ \cup {r \in F : r.val.v > OnDisk(r.b).v}]
       /\ vol'  = [vol EXCEPT ![n] = @ \ F]
       /\ acked' = [b \in Block |->
             Greatest({acked[b]} \cup {r.val.v : r \in {q \in F : q.b = b}})]
  /\ UNCHANGED <<views, ep, map, up, mode, img, rel, pend, dir, net,
                 disk, soft, pool, io, unfenced, line, joint, count>>

\* What n has written of b and not forced.
Unforced(n, b) == {i \in 1..Len(soft[b]) : soft[b][i].n = n}
Wrote(n, b, x) == \E i \in Unforced(n, b) : soft[b][i].val = x

IoStart(n, b) ==       \* a holder hands a changed block to the storage
  /\ Usable(n, b) /\ io[n][b] = None /\ img[n][b].v > OnDisk(b).v
  /\ ~Wrote(n, b, img[n][b])
  /\ FlushedBeforeWrite(n, b) /\ ~Fenced(n, unfenced)
  /\ io' = [io EXCEPT ![n][b] = img[n][b]]
  /\ UNCHANGED <<views, ep, map, up, cacheVars, dir, net, disk, soft, redo, pool,
                 unfenced, ghosts>>

IoDone(n, b) ==        \* the write lands, even if n stopped meanwhile
  /\ io[n][b] # None
  /\ soft' = [soft EXCEPT ![b] = Append(SelectSeq(@, LAMBDA w : w.n # n),
                 [n |-> IF n \in up THEN n ELSE None, val |-> io[n][b]])]
  /\ Announce(b, io[n][b], "landed")
  /\ io' = [io EXCEPT ![n][b] = None]
  /\ UNCHANGED <<views, ep, map, up, mode, rel, pend, vol, dir, net, disk, unfenced,
                 ghosts>>

Force(n, b) ==         \* what n has written is stable, and what it was written over
  /\ n \in up
  /\ \E i \in Unforced(n, b) :
       /\ disk' = [disk EXCEPT ![b] = soft[b][i].val]
       /\ soft' = [soft EXCEPT ![b] = SubSeq(@, i + 1, Len(@))]
       /\ Announce(b, soft[b][i].val, "forced")
  /\ UNCHANGED <<views, ep, map, up, mode, rel, pend, vol, dir, net, io, unfenced,
                 ghosts>>

\* The power of a stopped node fails: a write that it had not forced is gone.
PowerLost(b) ==
  /\ \E i \in Unforced(None, b) :
       soft' = [soft EXCEPT ![b] = SubSeq(@, 1, i - 1) \o SubSeq(@, i + 1, Len(@))]
  /\ UNCHANGED <<views, ep, map, up, cacheVars, dir, net, disk, redo, pool, io, unfenced,
                 ghosts>>

-----------------------------------------------------------------------------
(* Failures and membership *)

Bump(f) == count' = [count EXCEPT ![f] = @ + 1]

\* A view that no running node has installed any more is forgotten.
Remembered(vs, eps, run) ==
  [e \in 1..Len(vs) |-> IF e = Len(vs) \/ \E n \in run : eps[n] = e
                        THEN vs[e] ELSE None]

\* A member crashes (bounded), or a node that is no longer in the view finds
\* its lease over and stops itself.  What it had in memory is gone.
Stop(n) ==
  /\ n \in up
  /\ IF n \in View.members
     THEN /\ count.crash < MaxCrash /\ Bump("crash")
          /\ (up \cap View.members) # {n} \/ count.cold < MaxCold
     ELSE UNCHANGED count
  /\ up'   = up \ {n}
  /\ ep'   = [ep   EXCEPT ![n] = 0]
  /\ map'  = [map  EXCEPT ![n] = NoMap]
  /\ mode' = [mode EXCEPT ![n] = [b \in Block |-> "N"]]
  /\ img'  = [img  EXCEPT ![n] = [b \in Block |-> None]]
  /\ rel'  = [rel  EXCEPT ![n] = [b \in Block |-> FALSE]]
  /\ pend' = [pend EXCEPT ![n] = [b \in Block |-> None]]
  /\ dir'  = [dir  EXCEPT ![n] = [b \in Block |-> Off]]
  /\ vol'  = [vol  EXCEPT ![n] = {}]
  /\ net'  = {m \in net : m.dst # n}
  /\ line' = [b \in Block |->           \* unflushed versions never happened
        LET lost == {r.val.v : r \in {q \in vol[n] : q.b = b}}
        IN IF lost = {} THEN line[b] ELSE SubSeq(line[b], 1, Least(lost) - 1)]
  /\ joint' = {c \in joint : \E b \in DOMAIN c :
                  [b |-> b, val |-> c[b], chg |-> c] \notin vol[n]}
  /\ views' = Remembered(views, ep, up \ {n})
  /\ soft' = [b \in Block |-> [i \in 1..Len(soft[b]) |->
                 IF soft[b][i].n = n THEN [soft[b][i] EXCEPT !.n = None] ELSE soft[b][i]]]
  /\ UNCHANGED <<disk, redo, pool, io, unfenced, acked>>

\* Who may master b in the next view: whoever the node that proposes the view
\* names, which may know of the last move or not, and prefers to follow the hash
\* strategy or not.  Nothing depends on that choice.  It is made once, in the
\* record of the view.  Without moves a surviving master stays.
NextMasters(b, members) ==
  IF MaxMove = 0 /\ View.master[b] \in members THEN {View.master[b]} ELSE members

\* The survivors agree on the next view without E: stopped nodes, or nodes
\* that run but cannot be reached.
Reconfig(E) ==
  LET surv == View.members \ E
  IN /\ E # {} /\ E \subseteq View.members /\ surv \cap up # {}
     /\ count.evict + Cardinality(E \cap up) <= MaxEvict
     /\ count' = [count EXCEPT !.evict = @ + Cardinality(E \cap up)]
     /\ \E f \in [Block -> surv] :
          /\ \A b \in Block : f[b] \in NextMasters(b, surv)
          /\ views' = Remembered(Append(views, [members |-> surv, master |-> f]),
                                 ep, up)
     /\ unfenced' = unfenced \cup E
     /\ UNCHANGED <<ep, map, up, cacheVars, dir, net, disk, soft, redo, pool, io,
                    line, acked, joint>>

\* From here on the storage refuses n; its redo is that of the dead.
Fence(n) ==
  /\ n \in unfenced
  /\ unfenced' = unfenced \ {n}
  /\ io'   = IF Fenced(n, unfenced \ {n}) THEN [io EXCEPT ![n] = [b \in Block |-> None]]
             ELSE io
  /\ pool' = pool \cup redo[n]
  /\ redo' = [redo EXCEPT ![n] = {}]
  /\ UNCHANGED <<views, ep, map, up, cacheVars, dir, net, disk, soft, ghosts>>

\* A stopped node comes (back) with an empty cache; blocks may get new masters.
Join(n) ==
  /\ n \notin up /\ n \notin View.members \cup unfenced
  /\ count.join < MaxJoin /\ Bump("join")
  /\ up' = up \cup {n}
  /\ \E f \in [Block -> View.members \cup {n}] :
       views' = Append(views, [members |-> View.members \cup {n}, master |-> f])
  /\ UNCHANGED <<ep, map, cacheVars, dir, net, storeVars, line, acked, joint>>

\* All members have stopped.  Some nodes form the next view; the former lives of
\* all nodes are fenced off.
ColdStart(S) ==
  /\ View.members \cap up = {} /\ S # {} /\ S \cap up = {}
  /\ count.cold < MaxCold /\ Bump("cold")
  /\ up' = up \cup S
  /\ \E f \in [Block -> S] :
       views' = Remembered(Append(views, [members |-> S, master |-> f]), ep, up)
  /\ pool' = pool \cup RedoOfTheDead(S)
  /\ redo' = [n \in Node |-> {}]
  /\ io'   = [n \in Node |-> [b \in Block |-> None]]
  /\ unfenced' = {}
  /\ UNCHANGED <<ep, map, cacheVars, dir, net, disk, soft, line, acked, joint>>

\* A master keeps what it knows of a block if that is still the truth for the
\* new view: then nobody need report, nor any lease be over.
Carried(n, b) ==                               \* master before and now
  MapOf(n, b) = n /\ Serves(dir[n][b]) /\ NothingSkipped(n, Epoch)
Keeps(n, b) ==
  Carried(n, b) /\ AtRest(dir[n][b]) /\ NamesOnly(dir[n][b], View.members)

\* A member takes up the newest view: forgets what was under way, keeps its
\* copies, and of its part of the directory what it may; asks again for what
\* its callers wait for, and to release what it was releasing.  A prefetch
\* nobody waits for is dropped.
Install(n) ==
  LET e == Epoch
      head(type, b) == [type |-> type, src |-> n, dst |-> MapOf(n, b),
                        b |-> b, e |-> e]
  IN /\ n \in up /\ n \in View.members /\ ep[n] < e
     /\ ep'   = [ep EXCEPT ![n] = e]
     /\ map'  = [map EXCEPT ![n] = [b \in Block |-> [to |-> MapOf(n, b), no |-> 0]]]
     /\ rel'  = [rel EXCEPT ![n] = [b \in Block |-> StillReleasing(n, b)]]
     /\ pend' = [pend EXCEPT ![n] = [b \in Block |->
                   IF @[b] = None \/ @[b].want = None THEN None ELSE Ask(@[b].want)]]
     /\ dir'  = [dir EXCEPT ![n] = [b \in Block |->
                   IF MapOf(n, b) # n THEN Off
                   ELSE IF Keeps(n, b)
                   THEN [dir[n][b] EXCEPT !.st = "serve", !.txn = None, !.q = <<>>,
                                          !.to = None]
                   ELSE [Fresh EXCEPT !.inside =
                           Carried(n, b) /\ AllInside(dir[n][b], View.members)]]]
     /\ net'  = Deliverable((net \ Stale(n, e))
          \cup {head("Rel", b) : b \in OpenReleases(n)}
          \cup {head("Req", b) @@ [m |-> pend[n][b].want, opt |-> FALSE] :
                 b \in OpenRequests(n)})
     /\ views' = Remembered(views, ep', up)
     /\ UNCHANGED <<up, mode, img, vol, storeVars, ghosts>>

\* The master of an entry in rebuild asks every member, which answers in the
\* same epoch with what it holds by then.  (The question carries nothing, so it
\* is no message here: what is said is that it cannot be answered before it is
\* asked.)
Report(n, b) ==
  LET k == Master(n, b)
      rep == [type |-> "Rep", src |-> n, dst |-> k, b |-> b, e |-> ep[n]]
  IN /\ n \in up /\ ep[n] > 0 /\ k \in up /\ ep[k] = ep[n]
     /\ dir[k][b].st = "rebuild" /\ Settled(n, b)
     /\ ~\E m \in net : m.type = "Rep" /\ m.src = n /\ m.b = b /\ m.e = ep[n]
     /\ net' = net \cup {rep @@ [m |-> ReportedMode(n, b),
                                val |-> IF mode[n][b] = "N" THEN img[n][b] ELSE None]}
     /\ UNCHANGED <<views, ep, map, up, cacheVars, dir, storeVars, ghosts>>

Redoable(b) == Replay(Seen(b), {r.val : r \in {q \in pool : q.b = b}})

\* All reports are in: if somebody holds the block, that is the current version.
\* If nobody does, there is no past image of it and no redo of the dead, disk is
\* current.  In both cases serve, beginning with the requests that have come in
\* already.  Otherwise recover the block first.
Rebuild(n, b) ==
  LET d    == dir[n][b]
      reps == {m \in net : m.type = "Rep" /\ m.dst = n /\ m.b = b /\ EpochOK(m)}
      own  == {r.src : r \in {q \in reps : q.m = "X"}}
      sh   == {r.src : r \in {q \in reps : q.m = "S"}}
      d1   == [d EXCEPT !.st = "serve", !.inside = FALSE, !.sh = sh,
                 !.own = IF own = {} THEN None ELSE CHOOSE x \in own : TRUE]
      past == PastReported(b, reps)
      base == Greatest({0} \cup {r.val.v : r \in past})
      d2   == [d EXCEPT !.st = "recover", !.inside = FALSE, !.base = base]
  IN /\ n \in up /\ d.st = "rebuild"
     /\ AllReported(reps, views[ep[n]].members)
     /\ d.inside \/ (LeasesOver(ep[n]) /\ FenceUp(ep[n]))
     /\ \E x \in
          IF own \cup sh # {} \/ (past = {} /\ Redoable(b) = Found(b))
          THEN Next1(n, b, d1)
          ELSE {[d |-> [d2 EXCEPT !.kept = k], out |-> {}] : k \in
                  IF past = {} THEN {None}
                  ELSE {r.src : r \in {q \in past : q.val.v = base}}} :
          SetDir(n, b, x.d) /\ net' = Deliverable((net \ reps) \cup x.out)
     /\ pool' = PoolAfterRebuild(pool)
     /\ UNCHANGED <<views, ep, map, up, cacheVars, disk, soft, redo, io, unfenced,
                    ghosts>>

\* The keeper of a past image hands it to the storage (IoDone follows).
RecvWritePast(m) ==
  LET n == m.dst  b == m.b
  IN /\ io[n][b] = None /\ ~Fenced(n, unfenced)
     /\ io' = IF img[n][b] = None THEN io ELSE [io EXCEPT ![n][b] = img[n][b]]
     /\ Reply(m, {})
     /\ UNCHANGED <<views, ep, map, up, cacheVars, dir, disk, soft, redo, pool, unfenced,
                    ghosts>>

\* Read the disk.  If the past image is newer, ask its keeper to write it.  Else
\* apply the redo of the dead, write (IoDone and Force follow), also if there was
\* nothing to apply, and when that is stable, serve.
Recover(n, b) ==
  LET d == dir[n][b]
  IN /\ n \in up /\ d.st = "recover" /\ io[n][b] = None /\ ~Fenced(n, unfenced)
     /\ IF d.base > 0 /\ NewerThanDisk(d.base, b)
        THEN /\ ~\E m \in net : m.type = "WritePast" /\ m.b = b /\ m.e = ep[n]
             /\ d.kept \in up /\ io[d.kept][b] = None
             /\ net' = Deliverable(net \cup {[type |-> "WritePast", src |-> n,
                           dst |-> d.kept, b |-> b, e |-> ep[n]]})
             /\ UNCHANGED <<dir, io>>
        ELSE IF Redoable(b) = Found(b)
        THEN /\ \E x \in Next1(n, b, [d EXCEPT !.st = "serve", !.base = 0, !.kept = None]) :
                  SetDir(n, b, x.d) /\ net' = Deliverable(net \cup x.out)
             /\ UNCHANGED io
        ELSE /\ ~Wrote(n, b, Redoable(b))
             /\ io' = [io EXCEPT ![n][b] = Redoable(b)]
             /\ UNCHANGED <<dir, net>>
     /\ UNCHANGED <<views, ep, map, up, cacheVars, disk, soft, redo, pool, unfenced,
                    ghosts>>

-----------------------------------------------------------------------------
Types == {"Req", "Refuse", "Fwd", "Inv", "Grant", "Data", "Ack", "Done",
          "Rel", "RelAck", "RelNack", "Transfer", "NewMaster", "Moved",
          "WritePast"}                      \* and "Rep", consumed by Rebuild

Recv(m) ==
  /\ m.dst \in up /\ m.type \in Types /\ EpochOK(m)
  /\ CASE m.type = "Req"     -> RecvReq(m)
       [] m.type = "Refuse"  -> RecvRefuse(m)
       [] m.type = "Fwd"     -> RecvFwd(m)
       [] m.type = "Inv"     -> RecvInv(m)
       [] m.type = "Grant"   -> RecvGrant(m)
       [] m.type = "Data"    -> RecvData(m)
       [] m.type = "Ack"     -> RecvAck(m)
       [] m.type = "Done"    -> RecvDone(m)
       [] m.type = "Rel"     -> RecvRel(m)
       [] m.type = "RelAck"  -> RecvRelAck(m)
       [] m.type = "RelNack" -> RecvRelNack(m)
       [] m.type = "WritePast" -> RecvWritePast(m)
       [] m.type = "Transfer"  -> RecvTransfer(m)
       [] m.type = "NewMaster" -> RecvNewMaster(m)
       [] m.type = "Moved"     -> RecvMoved(m)

Init ==
  /\ \E f \in [Block -> Node] : views = <<[members |-> Node, master |-> f]>>
  /\ up   = Node
  /\ ep   = [n \in Node |-> 1]
  /\ map  = [n \in Node |-> [b \in Block |-> [to |-> views[1].master[b], no |-> 0]]]
  /\ mode = [n \in Node |-> [b \in Block |-> "N"]]
  /\ img  = [n \in Node |-> [b \in Block |-> None]]
  /\ rel  = [n \in Node |-> [b \in Block |-> FALSE]]
  /\ pend = [n \in Node |-> [b \in Block |-> None]]
  /\ vol  = [n \in Node |-> {}]
  /\ dir  = [n \in Node |-> [b \in Block |->
               IF views[1].master[b] = n THEN [Off EXCEPT !.st = "serve"] ELSE Off]]
  /\ net  = {}
  /\ disk = [b \in Block |-> Zero]
  /\ soft = [b \in Block |-> <<>>]
  /\ redo = [n \in Node |-> {}]
  /\ pool = {}
  /\ io   = [n \in Node |-> [b \in Block |-> None]]
  /\ unfenced = {}
  /\ line = [b \in Block |-> <<>>]
  /\ acked = [b \in Block |-> 0]
  /\ joint = {}
  /\ count = [crash |-> 0, evict |-> 0, join |-> 0, cold |-> 0, req |-> 0,
              opt |-> 0, fail |-> 0, move |-> 0]

\* What the system owes: it must happen in the end once it can.
StopEvicted  == \E n \in up \ View.members : Stop(n)
ReconfigDead == View.members \ up # {} /\ Reconfig(View.members \ up)
Progress ==
  \/ \E m \in net : Recv(m)
  \/ \E n \in Node : Flush(n) \/ Install(n) \/ Fence(n)
  \/ \E n \in Node, b \in Block :
        IoDone(n, b) \/ Force(n, b) \/ Report(n, b) \/ Rebuild(n, b) \/ Recover(n, b)
          \/ HandOver(n, b)
  \/ StopEvicted \/ ReconfigDead

\* What users and fate may do: it may happen.
Environment ==
  \/ \E n \in Node, b \in Block :
        Request(n, b, "S") \/ Request(n, b, "X") \/ Release(n, b)
          \/ Prefetch(n, b) \/ Want(n, b, "S") \/ Want(n, b, "X")
          \/ IoStart(n, b) \/ Thaw(n, b)
  \/ \E n \in Node, b \in Block, to \in Node : Freeze(n, b, to)
  \/ \E n \in Node, S \in (SUBSET Block) \ {{}} : Write(n, S)
  \/ \E b \in Block : PowerLost(b)
  \/ \E n \in View.members : Stop(n)
  \/ \E n \in Node : Join(n)
  \/ \E E \in SUBSET View.members : Reconfig(E)
  \/ \E S \in SUBSET Node : ColdStart(S)

Next == Progress \/ Environment
Spec == Init /\ [][Next]_vars

\* Fairness: no kind of message is held back for ever, and nodes, storage and
\* membership do what they owe.
FairSpec ==
  /\ Spec
  /\ \A t \in Types : WF_vars(\E m \in net : m.type = t /\ Recv(m))
  /\ \A n \in Node : WF_vars(Flush(n)) /\ WF_vars(Install(n)) /\ WF_vars(Fence(n))
  /\ \A n \in Node, b \in Block :
        /\ WF_vars(IoDone(n, b)) /\ WF_vars(Force(n, b)) /\ WF_vars(Report(n, b))
        /\ WF_vars(Rebuild(n, b)) /\ WF_vars(Recover(n, b))
        /\ WF_vars(HandOver(n, b))
  /\ WF_vars(StopEvicted) /\ WF_vars(ReconfigDead)
  /\ WF_vars(\E S \in SUBSET Node : ColdStart(S))

-----------------------------------------------------------------------------
(* Safety *)

\* I1 Single writer, multiple readers - over all running nodes, including
\*    nodes that were evicted and do not know it yet.
SWMR == \A b \in Block : \A n1, n2 \in Node :
  n1 # n2 /\ Usable(n1, b) /\ Usable(n2, b) =>
     mode[n1][b] = "S" /\ mode[n2][b] = "S"

\* I2 Data value: whatever can be read is the latest version.
DataValue == \A n \in Node, b \in Block : Usable(n, b) => img[n][b] = Latest(b)

\* I3 No acknowledged version is ever lost: it is in the line of versions ...
NoLoss == \A b \in Block : acked[b] <= Len(line[b])
\* ... every version between disk and the last acknowledged one can be redone
Durable == \A b \in Block : \A k \in (disk[b].v + 1)..acked[b] :
  \E r \in pool \cup UNION {redo[n] : n \in Node} :
     r.b = b /\ r.val = [v |-> k, w |-> line[b][k]]
\* ... and a served block that nobody holds is current on disk.
ServedCurrent == \A n \in up, b \in Block :
  LET d == dir[n][b]
  IN d.st = "serve" /\ d.txn = None /\ d.own = None /\ d.sh = {} => disk[b] = Latest(b)

\* I4 No two masters serve a block - in the same epoch or in different ones.
OneMaster == \A b \in Block : \A n1, n2 \in up :
  dir[n1][b].st = "serve" /\ dir[n2][b].st = "serve" => n1 = n2

\* I5 The storage never holds what may still vanish, and never goes back.
DiskDurable == \A b \in Block :
  \A x \in {disk[b]} \cup {soft[b][i].val : i \in 1..Len(soft[b])} :
     /\ x.v <= acked[b] /\ x.v <= Len(line[b])
     /\ x.v > 0 => x.w = line[b][x.v]
\*    What is seen goes back when the power fails, and then only.
DiskMonotonic == [][\A b \in Block :
  /\ disk'[b].v >= disk[b].v
  /\ io' # io => Seen(b)'.v >= Seen(b).v]_vars

\* I6 The directory covers the caches: a served block is usable only at those
\*    its master knows, or at the requester of the transaction under way -
\*    whatever view they have installed, and whether they are in the view.
Covered == \A n \in up, b \in Block :
  LET d == dir[n][b]
  IN d.st = "serve" => \A c \in up : Usable(c, b) =>
        \/ c = d.own \/ c \in d.sh
        \/ d.txn # None /\ c = d.txn.r

\* I7 Messages of a transaction carry its stamp; a forward finds an image.
StampsAgree == \A m \in net :
  m.dst \in up /\ m.e = ep[m.dst] /\ m.e = Epoch
    /\ m.type \in {"Fwd", "Inv", "Grant", "Data", "Ack", "Done"} =>
  LET k == CASE m.type \in {"Fwd", "Inv", "Grant"} -> m.src
             [] m.type \in {"Data", "Ack"} -> m.k
             [] m.type = "Done" -> m.dst
      d == dir[k][m.b]
  IN k \in up /\ ep[k] = Epoch =>
     /\ d.txn # None /\ d.t = m.t
     /\ m.type = "Fwd" => mode[m.dst][m.b] # "N" /\ img[m.dst][m.b] # None
     /\ m.type \in {"Grant", "Data", "Ack"} => m.dst = d.txn.r /\ pend[m.dst][m.b] # None

\* I8 A refusal meets the optional request it answers, and the master has
\*    nothing queued for that node: a request gets one answer.
OneAnswer == \A m \in net :
  m.type = "Refuse" /\ m.dst \in up /\ m.e = ep[m.dst] /\ m.e = Epoch =>
     /\ pend[m.dst][m.b] # None /\ pend[m.dst][m.b].opt
     /\ \A k \in up : ep[k] = m.e => \A i \in 1..Len(dir[k][m.b].q) :
                                        dir[k][m.b].q[i].n # m.dst

\* I9 A refused release means that a transaction for X takes the block away, or
\*    has done so: who is refused need not ask again.
RefusalDecided == \A m \in net :
  m.type = "RelNack" /\ m.dst \in up /\ m.e = ep[m.dst] =>
     \/ mode[m.dst][m.b] = "N"
     \/ \E x \in net : /\ x.dst = m.dst /\ x.b = m.b /\ x.e = m.e
                       /\ x.type = "Inv" \/ (x.type = "Fwd" /\ x.m = "X")

\* I10 A change over several blocks counts as a whole or not at all.
Atomic == \A c \in joint : \A b \in DOMAIN c :
  Len(line[b]) >= c[b].v /\ line[b][c[b].v] = c[b].w

\* I11 Moves are numbered: in an epoch a number has one master, and the node that
\*     another takes for the master knows at least as much of the moves.
MapsAgree == \A n1, n2 \in up, b \in Block :
  ep[n1] > 0 /\ ep[n1] = ep[n2] =>
     /\ map[n1][b].no = map[n2][b].no => map[n1][b].to = map[n2][b].to
     /\ map[n1][b].to = n2 => map[n1][b].no <= map[n2][b].no

(* Liveness: every request is granted, or its read fails, or its node stops; a *)
(* prefetch may be refused as well, but not once a caller waits for it. Every  *)
(* release is answered.  So it is for blocks that move, as often as they may.  *)
Granted == \A n \in Node, b \in Block : (pend[n][b] # None) ~> (pend[n][b] = None)
Released == \A n \in Node, b \in Block : rel[n][b] ~> ~rel[n][b]
\* A move that has begun ends: at the new master, or with the epoch.
MoveEnds == \A n \in Node, b \in Block :
  (dir[n][b].to # None \/ dir[n][b].st = "sent")
     ~> (dir[n][b].to = None /\ dir[n][b].st # "sent")
Served  == <>[](\A b \in Block : \E n \in up : dir[n][b].st = "serve")
=============================================================================
