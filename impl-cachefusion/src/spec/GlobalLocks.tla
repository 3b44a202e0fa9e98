\* Copyright The Weft Authors
\* SPDX-License-Identifier: Apache-2.0
----------------------------- MODULE GlobalLocks -----------------------------
(***************************************************************************)
(* Global locks: named locks in six modes over all nodes of a cluster.     *)
(* The module follows one lock; locks do not influence each other.         *)
(*                                                                         *)
(* There are two levels.  OWNERS (sessions, transactions) hold the lock at *)
(* their node.  A NODE holds a mode, granted by the lock's MASTER, that    *)
(* covers what its owners hold.  A node keeps its mode when its owners     *)
(* have released (the lock is CACHED): the next owner needs no message.    *)
(* When another node waits for an incompatible mode, the master REVOKES:   *)
(* the node lowers its mode as soon as its owners allow it.                *)
(*                                                                         *)
(* Node and master say everything in absolute terms, and number it.  The   *)
(* master numbers what it grants (g).  A node numbers what it asks for     *)
(* (s).  A Down and a Revoke name the grant that they are about, and mean  *)
(* nothing once there is a newer one.  So messages may come late, in any   *)
(* order, and may be sent again after a view change.                       *)
(*                                                                         *)
(* Numbers of grants and versions of values come from a Lamport clock,     *)
(* which every message carries (Lamport 1978).  A new number is larger     *)
(* than all numbers that its node knows, and need not be larger than       *)
(* others.  Numbers of grants and versions that are compared are taken in  *)
(* turn, so one counter, "now", stands for them.  A master and a node may  *)
(* FORGET a lock that they do not use.  What they number on from is then   *)
(* anything between what they knew of the lock and "now".                  *)
(*                                                                         *)
(* A lock has a VALUE of a few bytes.  An owner in PW or EX writes it when *)
(* it releases.  The value travels with grants and with Downs; the newest  *)
(* version counts.  When a node stops that may have had a newer version    *)
(* than all others, or the lock is forgotten, the value is not valid until *)
(* it is written again.                                                    *)
(*                                                                         *)
(* Within a view the lock may MOVE to another master: it follows the       *)
(* blocks of its bucket, whose move CacheFusion specifies.  Here a move    *)
(* begins where that one ends: the new master knows that it is the master. *)
(* It gets the entry from whoever has it.  To the nodes a move is nothing  *)
(* but a slow message.                                                     *)
(*                                                                         *)
(* Views, epochs, stops and leases are those of CacheFusion.  The network  *)
(* is a set of messages, as there: exactly once within an epoch, in any    *)
(* order.                                                                  *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets, TLC   \* TLC: only for r1 @@ r2

CONSTANTS
  Node, Owner,      \* sets of model values; every node has all of Owner
  None,             \* "nothing"
  Asked,            \* the modes that owners ask for
  MaxAsk,           \* bound: modes that owners ask for, in all
  MaxConv,          \* bound: those of them that are conversions
  MaxWrite,         \* bound: writes of the value
  MaxDrop,          \* bound: modes that a node gives up unasked
  MaxCancel,        \* bound: owners that give up waiting
  MaxRefuse,        \* bound: requests that a master refuses
  MaxForget,        \* bound: times that a lock is forgotten, by masters and nodes
  MaxMove,          \* bound: moves of the lock to another master within a view
  MaxCrash,         \* bound: members that crash
  MaxEvict,         \* bound: members that are put out of the view while running
  MaxJoin           \* bound: nodes that (re)join

VARIABLES
  \* -- membership, as in CacheFusion --------------------------------------
  views,   \* Seq of [members, master]
  ep,      \* ep[n]: the epoch node n has installed
  mp,      \* mp[n]: the master as node n knows it, see Map
  up,      \* the nodes that are running
  \* -- a node's part of the lock (lost when it stops) ----------------------
  node,    \* node[n]: see Free
  \* -- a node's part of the directory (lost when it stops) -----------------
  dir,     \* dir[n]: see Off
  \* -- network ------------------------------------------------------------
  net,
  \* -- ghosts -------------------------------------------------------------
  truth,   \* the identity of the value written last
  count,   \* how often the bounded actions happened
  \* -- the clock ----------------------------------------------------------
  now      \* the largest number given

vars == <<views, ep, mp, up, node, dir, net, truth, count, now>>

-----------------------------------------------------------------------------
(* Modes *)

Modes == {"NL", "CR", "CW", "PR", "PW", "EX"}
Writing == {"PW", "EX"}                \* may write the value
Reading == {"PR", "PW", "EX"}          \* nobody else writes it meanwhile

\* What may be held beside it by others: symmetric.
Beside(m) == CASE m = "NL" -> Modes
               [] m = "CR" -> {"NL", "CR", "CW", "PR", "PW"}
               [] m = "CW" -> {"NL", "CR", "CW"}
               [] m = "PR" -> {"NL", "CR", "PR"}
               [] m = "PW" -> {"NL", "CR"}
               [] m = "EX" -> {"NL"}
\* The tables are constants, so that TLC computes each of them once.
CompatibleTable == [p \in Modes \X Modes |-> p[2] \in Beside(p[1])]
Compatible(a, b) == CompatibleTable[<<a, b>>]

\* b covers a: it excludes at least as much.
CoversTable == [p \in Modes \X Modes |-> Beside(p[1]) \subseteq Beside(p[2])]
Covers(b, a) == CoversTable[<<b, a>>]
\* The least mode that covers both, and the greatest that both cover.
JoinTable == [p \in Modes \X Modes |-> CHOOSE x \in Modes :
  Covers(x, p[1]) /\ Covers(x, p[2]) /\ \A y \in Modes : Covers(y, p[1]) /\ Covers(y, p[2]) => Covers(y, x)]
Join2(a, b) == JoinTable[<<a, b>>]
MeetTable == [p \in Modes \X Modes |-> CHOOSE x \in Modes :
  Covers(p[1], x) /\ Covers(p[2], x) /\ \A y \in Modes : Covers(p[1], y) /\ Covers(p[2], y) => Covers(x, y)]
Meet2(a, b) == MeetTable[<<a, b>>]
\* The greatest mode beside which m can be held.
KeepTable == [m \in Modes |-> CHOOSE x \in Beside(m) : \A y \in Beside(m) : Covers(x, y)]
Keep(m) == KeepTable[m]

RECURSIVE JoinAll(_)
JoinAll(S) == IF S = {} THEN "NL"
              ELSE LET x == CHOOSE x \in S : TRUE IN Join2(x, JoinAll(S \ {x}))

-----------------------------------------------------------------------------
(* Vocabulary *)

Epoch == Len(views)
View  == views[Epoch]
MasterOf(n) == mp[n].m
\* The master, the number of the move that made it so, and whether this node was the
\* master and has let the lock go, and waits for the news of the next one.
Map(master) == [m |-> master, k |-> 0, left |-> FALSE]

\* A value: its version, its identity (a ghost), whether it is valid.
Unwritten == [v |-> 0, id |-> 0, ok |-> FALSE]

Free == [here |-> TRUE,                  \* FALSE: the node has forgotten the lock
         m    |-> "NL",                  \* the mode granted to the node
         g    |-> 0,                     \* the number of that grant
         rvk  |-> None,                  \* revocation: [g, r, keep], or None
         down |-> FALSE,                 \* a Down is not acknowledged yet
         s    |-> 0,                     \* the number of the last request
         want |-> None,                  \* the request that waits: [m, s, o], for owner o or None
         hold |-> [o \in Owner |-> "NL"],\* what owners hold
         ask  |-> [o \in Owner |-> None],\* what owners wait for
         val  |-> Unwritten]             \* the value as far as this node knows

Off == [st  |-> "off",                   \* off, rebuild, repair, serve
        m   |-> [n \in Node |-> "NL"],   \* modes granted
        g   |-> [n \in Node |-> 0],      \* the numbers of the grants
        seen|-> [n \in Node |-> 0],      \* the last request of each node
        told|-> [n \in Node |-> None],   \* the revocation sent of the present grant: what may be kept
        rn  |-> [n \in Node |-> 0],      \* how many revocations of the present grant were taken back
        out |-> {},                      \* nodes that have stopped, or will, with what they hold
        q   |-> <<>>,                    \* requests that wait: [n, m, s, conv]
        val |-> Unwritten]

Held(l) == JoinAll({l.hold[o] : o \in Owner})
Newer(a, b) == IF a.v > b.v THEN a ELSE b
NotValid(version) == [v |-> version, id |-> 0, ok |-> FALSE]

\* Whether the node's request is for an owner that converts.
Converts(l) == IF l.want.o = None THEN FALSE ELSE l.hold[l.want.o] # "NL"

\* The revocation that counts for the present grant.
Limit(l) == IF l.rvk # None /\ l.rvk.g = l.g THEN Meet2(l.m, l.rvk.keep) ELSE l.m

-----------------------------------------------------------------------------
(* The rules that carry the safety of the protocol; GlobalLocksMutants     *)
(* breaks one at a time.                                                   *)

\* L1  A message is handled only in the epoch it was sent in.
EpochOK(m) == m.e = ep[m.dst]
Stale(n, e) == {m \in net : m.dst = n /\ m.e < e}
Late(m) == m.e < ep[m.dst]
Deliverable(S) == {m \in S : m.dst \in up /\ ~Late(m)}
\* L2  A node gives its owners only what its own mode covers ...
Covered(l, m) == Covers(l.m, m)
\* L3  ... and what its other owners may hold beside it.
AmongOwners(l, o, m) == \A p \in Owner \ {o} : Compatible(m, l.hold[p])
\* L4  A node lowers its mode only as far as its owners have released.
Drained(l, m) == Covers(m, Held(l))
\* L5  A master grants only what all other nodes may hold beside it.
AmongNodes(d, n, m) == \A k \in Node \ {n} : Compatible(m, d.m[k])
\* L6  A Down counts only for the grant it names.
ThisGrant(d, m) == m.g = d.g[m.src]
\* L7  A node says so when it does not have what it was granted.
SaysNotHeld == TRUE
\* L8  A request asks for no less than the node has.
NoLess(l, m) == Covers(m, l.m)
\* L9  A master forgets a lock only when no node holds it.
Unused(d) == \A k \in Node : d.m[k] = "NL"
\* L10 A node that takes up a grant takes the newer of the two values.
ValueOf(l, m) == Newer(l.val, m.val)
\* L11 A master serves a rebuilt lock only when every member has reported ...
AllReported(reps, members) == {r.src : r \in reps} = members
\* L12 ... and all nodes outside the view have certainly stopped.
LeasesOver(e) == Node \ views[e].members \subseteq Node \ up
\* L13 The value is invalid if a stopped node may have had a newer one: if it held
\*     a writing mode; and, if the master's knowledge is lost, unless a member
\*     holds a mode that excludes writers.
LostByRepair(d) == \E n \in d.out : d.m[n] \in Writing
LostByRebuild(reps) ==
  IF \E r \in reps : r.old # None
  THEN \E r \in reps : r.old # None /\ LostByRepair(r.old)
  ELSE ~\E r \in reps : r.m \in Reading
\* L14 Requests, and Downs that are not acknowledged, are sent again in a new epoch.
OpenRequest(l) == l.want # None
OpenDown(l) == l.down
\* L15 A grant counts only if it is newer than the one the node has.
NewGrant(l, m) == m.g > l.g
\* L16 A master that has skipped a view rebuilds: a node named in its entry may
\*     have stopped and come back.
NothingSkipped(n, e) == ep[n] = e - 1
\* L17 A request for a mode that an owner converts to goes before those of others.
Before(q, r) == IF r.conv THEN SelectSeq(q, LAMBDA x : x.conv) \o <<r>> \o SelectSeq(q, LAMBDA x : ~x.conv)
                ELSE Append(q, r)
\* L18 A request that the master has answered is answered again, one that waits is not queued twice.
Known(d, m) == m.s <= d.seen[m.src]
\* L19 A node that has forgotten a lock regards no older grant as new, and a master
\*     that has forgotten it no older value.
NumbersOn(l) == {l.g, now}
VersionsOn(d) == {d.val.v, now}
\* L20 A revocation is taken back when nobody waits any more for what it would free.
NobodyWaits(d, k) == \A i \in 1..Len(d.q) : d.q[i].n = k \/ Compatible(d.m[k], d.q[i].m)
\* L21 Of two revocations of a grant the one with the higher number counts; those with
\*     the same number count together.
Later(rvk, m) == rvk.g < m.g \/ (rvk.g = m.g /\ rvk.r < m.r)
\* L22 Who hands a lock over serves it no more.
AfterHandOver(d) == Off
\* L23 A message that a former master has not taken is sent again, to the present one.
SentAgain(m, to) == {[m EXCEPT !.dst = to]}
\* L24 A node takes a new master for its map if the number of the move is higher.
News(k, known) == k > known
\* L25 A lock is handed over only when it is served: neither rebuilt nor repaired.
MayHandOver(d) == d.st = "serve"
-----------------------------------------------------------------------------
\* Not rules of safety.  A request is sent only when no Down is under way: before it,
\* the master would answer with the mode that the node has just lowered.
MayAsk(l) == ~l.down
\* A conversion does not wait behind the node's own request for a new owner.
Overtakes(l, o) == l.hold[o] # "NL" /\ ~Converts(l)
\* A revoked node gives a new owner only what it may keep, so that owners which come and
\* go do not keep other nodes waiting.
Open(l, o, m) == l.hold[o] # "NL" \/ Covers(Limit(l), m)

SetNode(n, l) == node' = [node EXCEPT ![n] = l]
SetDir(n, d)  == dir' = [dir EXCEPT ![n] = d]
Send(S)       == net' = Deliverable(net \cup S)
Reply(m, out) == net' = Deliverable((net \ {m}) \cup out)
Bump(f)       == count' = [count EXCEPT ![f] = @ + 1]

ToMaster(n, type) == [type |-> type, src |-> n, dst |-> MasterOf(n), e |-> ep[n]]
ReqMsg(n, l)  == ToMaster(n, "Req") @@ [m |-> l.want.m, s |-> l.want.s, conv |-> Converts(l)]
DownMsg(n, l) == ToMaster(n, "Down") @@ [m |-> l.m, g |-> l.g, val |-> l.val]

-----------------------------------------------------------------------------
(* Owners at their node *)

Ask(n, o, m) ==
  LET l == node[n] IN
  /\ n \in up /\ l.ask[o] = None /\ count.ask < MaxAsk
  /\ IF l.hold[o] = "NL"
     THEN count' = [count EXCEPT !.ask = @ + 1]
     ELSE /\ count.conv < MaxConv /\ ~Covers(l.hold[o], m)
          /\ count' = [count EXCEPT !.ask = @ + 1, !.conv = @ + 1]
  /\ IF l.here THEN SetNode(n, [l EXCEPT !.ask[o] = m])
     ELSE \E g \in NumbersOn(l) : SetNode(n, [l EXCEPT !.ask[o] = m, !.here = TRUE, !.g = g])
  /\ UNCHANGED <<views, ep, mp, up, dir, net, truth, now>>

\* An owner gives up waiting, after a time-out for example; what it holds it keeps.
Cancel(n, o) ==
  LET l == node[n] IN
  /\ n \in up /\ l.ask[o] # None /\ count.cancel < MaxCancel
  /\ SetNode(n, [l EXCEPT !.ask[o] = None,
                    !.want = IF @ = None THEN None ELSE IF @.o = o THEN [@ EXCEPT !.o = None] ELSE @])
  /\ Bump("cancel")
  /\ UNCHANGED <<views, ep, mp, up, dir, net, truth, now>>

\* The node grants: without a message.
Grantable(l, o) ==
  /\ l.ask[o] # None
  /\ LET m == Join2(l.hold[o], l.ask[o]) IN Covered(l, m) /\ AmongOwners(l, o, m) /\ Open(l, o, m)
CanGive(n, o) == n \in up /\ Grantable(node[n], o)
Give(n, o) ==
  LET l == node[n] IN
  /\ CanGive(n, o)
  /\ SetNode(n, [l EXCEPT !.hold[o] = Join2(@, l.ask[o]), !.ask[o] = None])
  /\ UNCHANGED <<views, ep, mp, up, dir, net, truth, count, now>>

\* An owner releases, or converts down; in a writing mode it may write the value.
Release(n, o, m) ==
  LET l == node[n]  h == l.hold[o] IN
  /\ n \in up /\ h # m /\ Covers(h, m) /\ l.ask[o] = None
  /\ \/ SetNode(n, [l EXCEPT !.hold[o] = m]) /\ UNCHANGED <<truth, count, now>>
     \/ /\ h \in Writing /\ count.write < MaxWrite
        /\ Bump("write") /\ truth' = count.write + 1 /\ now' = now + 1
        /\ SetNode(n, [l EXCEPT !.hold[o] = m,
                          !.val = [v |-> now + 1, id |-> count.write + 1, ok |-> TRUE]])
  /\ UNCHANGED <<views, ep, mp, up, dir, net>>

-----------------------------------------------------------------------------
(* The node *)

\* What owner o needs from the master.
Need(l, o) == Join2(Held(l), Join2(l.hold[o], l.ask[o]))

\* Asks for a waiting owner, which no other owner of the node keeps waiting.  A
\* conversion does not wait behind the node's own request for a new owner, which is
\* sent again later: behind it, it would wait for nodes that wait for its owner.
CanRequest(n, o) ==
  LET l == node[n] IN
  /\ n \in up /\ ep[n] > 0 /\ l.ask[o] # None /\ MayAsk(l)
  /\ IF l.want = None THEN TRUE ELSE Overtakes(l, o)
  /\ ~Covers(l.m, Need(l, o)) /\ NoLess(l, Need(l, o))
  /\ AmongOwners(l, o, Join2(l.hold[o], l.ask[o]))
Request(n, o) ==
  LET l == node[n]
      l2 == [l EXCEPT !.s = @ + 1, !.want = [m |-> Need(l, o), s |-> l.s + 1, o |-> o]]
  IN /\ CanRequest(n, o)
     /\ SetNode(n, l2) /\ Send({ReqMsg(n, l2)})
     /\ UNCHANGED <<views, ep, mp, up, dir, truth, count, now>>

\* Takes a request back whose owner has given up: it asks for what the node has.
CanWithdraw(n) ==
  LET l == node[n] IN
  /\ n \in up /\ ep[n] > 0
  /\ IF l.want = None THEN FALSE
     ELSE /\ ~Covers(l.m, l.want.m)
          /\ IF l.want.o = None THEN TRUE ELSE l.ask[l.want.o] = None
Withdraw(n) ==
  LET l == node[n]
      l2 == [l EXCEPT !.s = @ + 1, !.want = [m |-> l.m, s |-> l.s + 1, o |-> None]]
  IN /\ CanWithdraw(n)
     /\ SetNode(n, l2) /\ Send({ReqMsg(n, l2)})
     /\ UNCHANGED <<views, ep, mp, up, dir, truth, count, now>>

CanLowerTo(n, m) ==
  n \in up /\ ep[n] > 0 /\ ~node[n].down /\ m # node[n].m /\ Drained(node[n], m)
Lowered(n, m) ==
  LET l == [node[n] EXCEPT !.m = m, !.down = TRUE]
  IN /\ CanLowerTo(n, m)
     /\ SetNode(n, l) /\ Send({DownMsg(n, l)})
     /\ UNCHANGED <<views, ep, mp, up, dir, truth, now>>

\* Revoked, as far as the owners allow it; or an owner needs a mode that does not cover
\* the node's; or the node needs the memory.
NeedsOther(l) ==
  \E o \in Owner : IF l.ask[o] = None THEN FALSE ELSE ~NoLess(l, Need(l, o)) /\ ~Covers(l.m, Need(l, o))
Target(l) == IF Drained(l, Limit(l)) THEN Limit(l) ELSE Join2(Limit(l), Held(l))
Lower(n) ==
  LET l == node[n] IN
  \/ Lowered(n, Target(l)) /\ UNCHANGED count
  \/ NeedsOther(l) /\ Lowered(n, Held(l)) /\ UNCHANGED count
CanLower(n) ==
  CanLowerTo(n, Target(node[n])) \/ (NeedsOther(node[n]) /\ CanLowerTo(n, Held(node[n])))
Drop(n) ==
  /\ count.drop < MaxDrop /\ Bump("drop")
  /\ node[n].want = None /\ Lowered(n, Held(node[n]))

\* A node that does not use the lock forgets it.
ForgetNode(n) ==
  LET l == node[n] IN
  /\ n \in up /\ l.here /\ l.m = "NL" /\ ~l.down /\ l.want = None
  /\ \A o \in Owner : l.hold[o] = "NL" /\ l.ask[o] = None
  /\ count.forget < MaxForget /\ Bump("forget")
  /\ SetNode(n, [Free EXCEPT !.here = FALSE, !.s = l.s, !.g = l.g])
  /\ UNCHANGED <<views, ep, mp, up, dir, net, truth, now>>

\* The owner that the node asked for gets the lock with the grant, even if the grant
\* is revoked already: every grant serves an owner.
Served(l, o) ==
  IF o = None THEN l
  ELSE IF l.ask[o] = None THEN l
  ELSE LET m == Join2(l.hold[o], l.ask[o]) IN
       IF Covered(l, m) /\ AmongOwners(l, o, m)
       THEN [l EXCEPT !.hold[o] = m, !.ask[o] = None] ELSE l

NotHeld(n, mode, g) == IF SaysNotHeld THEN {ToMaster(n, "NotHeld") @@ [m |-> mode, g |-> g]} ELSE {}

\* A grant that the node does not take up is answered: it is older than the one that
\* the node has, or the node has forgotten the lock.
RecvGrant(m) ==
  LET n == m.dst  l == node[n]  new == NewGrant(l, m)
      l2 == [(IF new THEN [l EXCEPT !.m = m.m, !.g = m.g] ELSE l) EXCEPT !.val = ValueOf(l, m)]
      l3 == IF l.want = None THEN l2
            ELSE IF l.want.s # m.s THEN l2
            ELSE Served([l2 EXCEPT !.want = None], l.want.o)
  IN /\ IF l.here THEN SetNode(n, l3) ELSE UNCHANGED node
     /\ Reply(m, IF ~l.here THEN (IF m.m = "NL" THEN {} ELSE NotHeld(n, "NL", m.g))
                 ELSE IF ~new /\ m.m # l.m /\ ~l.down THEN NotHeld(n, l.m, m.g) ELSE {})
     /\ UNCHANGED <<views, ep, mp, up, dir, truth, count, now>>

\* What a revocation says that takes the earlier ones back: everything may be kept.
TakenBack == "EX"

\* A revocation may overtake its grant: it is kept until then.  One that leaves
\* nothing to do is answered.
RecvRevoke(m) ==
  LET n == m.dst  l == node[n]  r == [g |-> m.g, r |-> m.r, keep |-> m.keep] IN
  /\ IF ~l.here THEN UNCHANGED node
     ELSE SetNode(n, IF l.rvk = None THEN [l EXCEPT !.rvk = r]
                     ELSE IF Later(l.rvk, m) THEN [l EXCEPT !.rvk = r]
                     ELSE IF l.rvk.g = m.g /\ l.rvk.r = m.r THEN [l EXCEPT !.rvk.keep = Meet2(@, m.keep)]
                     ELSE l)
  /\ Reply(m, IF m.keep = TakenBack THEN {}
              ELSE IF ~l.here THEN NotHeld(n, "NL", m.g)
              ELSE IF m.g <= l.g /\ Covers(m.keep, l.m) /\ ~l.down THEN NotHeld(n, l.m, m.g) ELSE {})
  /\ UNCHANGED <<views, ep, mp, up, dir, truth, count, now>>

RecvDownAck(m) ==
  /\ SetNode(m.dst, [node[m.dst] EXCEPT !.down = FALSE])
  /\ Reply(m, {})
  /\ UNCHANGED <<views, ep, mp, up, dir, truth, count, now>>

-----------------------------------------------------------------------------
(* The master *)

\* Takes messages as the master.  Those for a master that has not got the lock yet wait.
Serves(n) == dir[n].st = "serve" /\ MasterOf(n) = n

Queued(d, k) == \E i \in 1..Len(d.q) : d.q[i].n = k

GrantMsg(n, d, k, s) == [type |-> "Grant", src |-> n, dst |-> k, e |-> ep[n],
                         m |-> d.m[k], g |-> d.g[k], s |-> s, val |-> d.val]

RecvReq(m) ==
  LET n == m.dst  k == m.src  d == dir[n]
      d1 == [d EXCEPT !.seen[k] = m.s, !.q = SelectSeq(@, LAMBDA r : r.n # k)]
  IN /\ Serves(n)
     /\ IF Known(d, m)
        THEN /\ UNCHANGED dir
             /\ Reply(m, IF m.s = d.seen[k] /\ ~Queued(d, k) THEN {GrantMsg(n, d, k, m.s)} ELSE {})
        ELSE IF Covers(d.m[k], m.m)
        THEN SetDir(n, d1) /\ Reply(m, {GrantMsg(n, d1, k, m.s)})
        ELSE /\ SetDir(n, [d1 EXCEPT !.q = Before(@, [n |-> k, m |-> m.m, s |-> m.s, conv |-> m.conv])])
             /\ Reply(m, {})
     /\ UNCHANGED <<views, ep, mp, up, node, truth, count, now>>

\* Grants the first request in the queue.
CanGrantFirst(n) ==
  LET d == dir[n] IN
  n \in up /\ d.st = "serve" /\ d.q # <<>> /\ AmongNodes(d, Head(d.q).n, Head(d.q).m)
GrantFirst(n) ==
  LET d == dir[n]  r == Head(d.q)  k == r.n
      d1 == [d EXCEPT !.q = Tail(@), !.m[k] = r.m, !.g[k] = now + 1, !.told[k] = None, !.rn[k] = 0]
  IN /\ CanGrantFirst(n)
     /\ SetDir(n, d1) /\ Send({GrantMsg(n, d1, k, r.s)})
     /\ now' = now + 1
     /\ UNCHANGED <<views, ep, mp, up, node, truth, count>>

\* Refuses the first request: it answers with what the node has.  For requests that
\* shall not wait; the model refuses any.
Refuse(n) ==
  LET d == dir[n]  r == Head(d.q)
      d1 == [d EXCEPT !.q = Tail(@)]
  IN /\ n \in up /\ d.st = "serve" /\ d.q # <<>> /\ count.refuse < MaxRefuse /\ Bump("refuse")
     /\ SetDir(n, d1) /\ Send({GrantMsg(n, d1, r.n, r.s)})
     /\ UNCHANGED <<views, ep, mp, up, node, truth, now>>

\* Forgets a lock that no node holds or waits for, and its value.
ForgetMaster(n) ==
  LET d == dir[n] IN
  /\ n \in up /\ d.st = "serve" /\ d.q = <<>> /\ Unused(d)
  /\ d.val.v > 0 \/ \E k \in Node : d.seen[k] > 0   \* there is something to forget
  /\ count.forget < MaxForget /\ Bump("forget")
  /\ \E v \in VersionsOn(d) : SetDir(n, [Off EXCEPT !.st = "serve", !.val = NotValid(v)])
  /\ UNCHANGED <<views, ep, mp, up, node, net, truth, now>>

RevokeMsg(n, k, g, r, keep) ==
  [type |-> "Revoke", src |-> n, dst |-> k, e |-> ep[n], g |-> g, r |-> r, keep |-> keep]

\* Revokes what the first request cannot be granted beside.
CanRevoke(n, k) ==
  LET d == dir[n] IN
  /\ n \in up /\ d.st = "serve" /\ d.q # <<>>
  /\ k # Head(d.q).n /\ ~Compatible(d.m[k], Head(d.q).m)
  /\ IF d.told[k] = None THEN TRUE ELSE ~Covers(Keep(Head(d.q).m), d.told[k])
Revoke(n, k) ==
  LET d == dir[n]  keep == Keep(Head(d.q).m) IN
  /\ CanRevoke(n, k)
  /\ SetDir(n, [d EXCEPT !.told[k] = IF @ = None THEN keep ELSE Meet2(@, keep)])
  /\ Send({RevokeMsg(n, k, d.g[k], d.rn[k], keep)})
  /\ UNCHANGED <<views, ep, mp, up, node, truth, count, now>>

\* Takes the revocations of a node's grant back that it has not obeyed, when nobody waits
\* for that any more.
CanTakeBack(n, k) ==
  LET d == dir[n] IN
  /\ n \in up /\ d.st = "serve"
  /\ IF d.told[k] = None THEN FALSE ELSE ~Covers(d.told[k], d.m[k])
  /\ NobodyWaits(d, k)
TakeBack(n, k) ==
  LET d == dir[n] IN
  /\ CanTakeBack(n, k)
  /\ SetDir(n, [d EXCEPT !.told[k] = None, !.rn[k] = @ + 1])
  /\ Send({RevokeMsg(n, k, d.g[k], d.rn[k] + 1, TakenBack)})
  /\ UNCHANGED <<views, ep, mp, up, node, truth, count, now>>

RecvDown(m) ==
  LET n == m.dst  k == m.src  d == dir[n]
      d1 == [d EXCEPT !.val = Newer(@, m.val)]
  IN /\ Serves(n)
     /\ SetDir(n, IF ThisGrant(d, m) THEN [d1 EXCEPT !.m[k] = m.m] ELSE d1)
     /\ Reply(m, {[type |-> "DownAck", src |-> n, dst |-> k, e |-> ep[n]]})
     /\ UNCHANGED <<views, ep, mp, up, node, truth, count, now>>

\* Of that grant the node has no more than this.
RecvNotHeld(m) ==
  LET n == m.dst  k == m.src  d == dir[n]
      mode == Meet2(d.m[k], m.m)
  IN /\ Serves(n)
     /\ IF ThisGrant(d, m) /\ mode # d.m[k]
        THEN SetDir(n, [d EXCEPT !.m[k] = mode])
        ELSE UNCHANGED dir
     /\ Reply(m, {})
     /\ UNCHANGED <<views, ep, mp, up, node, truth, count, now>>

-----------------------------------------------------------------------------
(* Moves *)

\* The blocks of the bucket have moved from n to x, which knows that now and says so.  The
\* entry of the lock follows when the node that has it learns of the move.
NewMasterMsg(x, y, k) == [type |-> "NewMaster", src |-> x, dst |-> y, e |-> ep[x], k |-> k]
Move(n, x) ==
  LET k == mp[n].k + 1 IN
  /\ {n, x} \subseteq up /\ n # x /\ MasterOf(n) = n /\ ~mp[n].left
  /\ ep[x] = ep[n] /\ count.move < MaxMove /\ Bump("move")
  /\ mp' = [mp EXCEPT ![n].left = TRUE, ![x] = [m |-> x, k |-> k, left |-> FALSE]]
  /\ Send({NewMasterMsg(x, y, k) : y \in views[ep[n]].members \ {x}})
  /\ UNCHANGED <<views, ep, up, node, dir, truth, now>>

Learn(n, master, k) ==
  IF News(k, mp[n].k) THEN mp' = [mp EXCEPT ![n] = [m |-> master, k |-> k, left |-> FALSE]]
  ELSE UNCHANGED mp

RecvNewMaster(m) ==
  /\ Learn(m.dst, m.src, m.k)
  /\ Reply(m, {})
  /\ UNCHANGED <<views, ep, up, node, dir, truth, count, now>>

\* Whoever has the entry sends it to the master that it knows.  That one knows at least
\* as much of moves; if it knows of a later one, it passes the entry on.
CanHandOver(n) == n \in up /\ dir[n].st # "off" /\ MasterOf(n) # n /\ MayHandOver(dir[n])
HandOver(n) ==
  /\ CanHandOver(n)
  /\ SetDir(n, AfterHandOver(dir[n]))
  /\ Send({[type |-> "Transfer", src |-> n, dst |-> MasterOf(n), e |-> ep[n], d |-> dir[n]]})
  /\ UNCHANGED <<views, ep, mp, up, node, truth, count, now>>

RecvTransfer(m) ==
  /\ dir[m.dst].st = "off"
  /\ SetDir(m.dst, [m.d EXCEPT !.st = "serve"])
  /\ Reply(m, {})
  /\ UNCHANGED <<views, ep, mp, up, node, truth, count, now>>

\* A message for a former master.  It answers that it has not taken the message.
Bounces(m) == MasterOf(m.dst) # m.dst
Bounce(m) ==
  /\ Reply(m, {[type |-> "Moved", src |-> m.dst, dst |-> m.src, e |-> m.e,
                m |-> MasterOf(m.dst), k |-> mp[m.dst].k, msg |-> m]})
  /\ UNCHANGED <<views, ep, mp, up, node, dir, truth, count, now>>

RecvMoved(m) ==
  /\ Learn(m.dst, m.m, m.k)
  /\ Reply(m, SentAgain(m.msg, mp'[m.dst].m))
  /\ UNCHANGED <<views, ep, up, node, dir, truth, count, now>>

-----------------------------------------------------------------------------
(* Failures and membership *)

Remembered(vs, eps, run) ==
  [e \in 1..Len(vs) |-> IF e = Len(vs) \/ \E n \in run : eps[n] = e
                        THEN vs[e] ELSE None]

Stop(n) ==
  /\ n \in up /\ up \cap View.members # {n}
  /\ IF n \in View.members THEN count.crash < MaxCrash /\ Bump("crash") ELSE UNCHANGED count
  /\ up'   = up \ {n}
  /\ ep'   = [ep EXCEPT ![n] = 0]
  /\ mp'   = [mp EXCEPT ![n] = Map(None)]
  /\ node' = [node EXCEPT ![n] = Free]
  /\ dir'  = [dir EXCEPT ![n] = Off]
  /\ net'  = {m \in net : m.dst # n}
  /\ views' = Remembered(views, ep, up \ {n})
  /\ UNCHANGED <<truth, now>>

Reconfig(E) ==
  LET surv == View.members \ E IN
  /\ E # {} /\ E \subseteq View.members /\ surv \cap up # {}
  /\ count.evict + Cardinality(E \cap up) <= MaxEvict
  /\ count' = [count EXCEPT !.evict = @ + Cardinality(E \cap up)]
  /\ \E f \in surv :
       /\ MaxMove = 0 /\ View.master \in surv => f = View.master   \* else the next view may name any
       /\ views' = Remembered(Append(views, [members |-> surv, master |-> f]), ep, up)
  /\ UNCHANGED <<ep, mp, up, node, dir, net, truth, now>>

Rejoin(n) ==
  /\ n \notin up /\ n \notin View.members /\ count.join < MaxJoin /\ Bump("join")
  /\ up' = up \cup {n}
  /\ \E f \in View.members \cup {n} :
       views' = Append(views, [members |-> View.members \cup {n}, master |-> f])
  /\ UNCHANGED <<ep, mp, node, dir, net, truth, now>>

\* A master that stays keeps its entry.  The queue is built anew: requests are
\* sent again, and revocations follow from it.  Nodes outside the view are taken
\* out later (Repair).
Stays(n) == View.master = n /\ dir[n].st \in {"serve", "repair"} /\ NothingSkipped(n, Epoch)
Outside(d, members) == [d EXCEPT !.out = @ \cup {k \in Node \ members : d.m[k] # "NL"}]
Kept(d, members) ==
  LET o == Outside(d, members)
  IN [o EXCEPT !.st = IF o.out # {} THEN "repair" ELSE "serve",
               !.q = <<>>, !.told = [k \in Node |-> None], !.rn = [k \in Node |-> 0],
               !.seen = [k \in Node |-> IF k \notin members THEN 0
                           ELSE IF Queued(d, k) THEN @[k] - 1 ELSE @[k]]]

\* A member takes up the newest view.  It reports what it holds, and, if it was
\* the master, what it knew as such: a new master needs all reports.
Install(n) ==
  LET e == Epoch  l == node[n]  mas == View.master
      head(type) == [type |-> type, src |-> n, dst |-> mas, e |-> e]
      old == IF dir[n].st \in {"serve", "repair"} /\ NothingSkipped(n, e)
             THEN Outside(dir[n], View.members) ELSE None
  IN /\ n \in up /\ n \in View.members /\ ep[n] < e
     /\ ep'  = [ep EXCEPT ![n] = e]
     /\ mp'  = [mp EXCEPT ![n] = Map(mas)]
     /\ SetNode(n, [l EXCEPT !.rvk = None])
     /\ SetDir(n, IF mas # n THEN Off
                  ELSE IF Stays(n) THEN Kept(dir[n], View.members)
                  ELSE [Off EXCEPT !.st = "rebuild"])
     /\ net' = Deliverable((net \ Stale(n, e))
          \cup (IF OpenRequest(l) THEN {head("Req") @@ [m |-> l.want.m, s |-> l.want.s, conv |-> Converts(l)]} ELSE {})
          \cup (IF OpenDown(l) THEN {head("Down") @@ [m |-> l.m, g |-> l.g, val |-> l.val]} ELSE {})
          \cup (IF n = mas /\ Stays(n) THEN {}
                ELSE {head("Rep") @@ [m |-> l.m, g |-> l.g, val |-> l.val, old |-> old]}))
     /\ views' = Remembered(views, ep', up)
     /\ UNCHANGED <<up, truth, count, now>>

\* Reports for an entry that was kept are not needed.
Ignore(m) ==
  /\ m.type = "Rep" /\ dir[m.dst].st \in {"serve", "repair"}
  /\ Reply(m, {}) /\ UNCHANGED <<views, ep, mp, up, node, dir, truth, count, now>>

Repair(n) ==
  LET d == dir[n]
      lost == LostByRepair(d)
      d1 == [d EXCEPT !.st = "serve", !.out = {},
               !.m = [k \in Node |-> IF k \in d.out THEN "NL" ELSE @[k]],
               !.g = [k \in Node |-> IF k \in d.out THEN 0 ELSE @[k]],
               !.val = IF lost THEN NotValid(now + 1) ELSE @]
  IN /\ n \in up /\ d.st = "repair" /\ LeasesOver(ep[n])
     /\ SetDir(n, d1) /\ now' = IF lost THEN now + 1 ELSE now
     /\ UNCHANGED <<views, ep, mp, up, node, net, truth, count>>

Rebuild(n) ==
  LET d == dir[n]  members == views[ep[n]].members
      reps == {m \in net : m.type = "Rep" /\ m.dst = n /\ EpochOK(m)}
      of(k) == CHOOSE r \in reps : r.src = k
      known == {r.val : r \in reps} \cup {r.old.val : r \in {q \in reps : q.old # None}}
      val == CHOOSE x \in known : \A y \in known : y.v <= x.v
      lost == LostByRebuild(reps)
      d1 == [d EXCEPT !.st = "serve",
               !.m = [k \in Node |-> IF \E r \in reps : r.src = k THEN of(k).m ELSE "NL"],
               !.g = [k \in Node |-> IF \E r \in reps : r.src = k THEN of(k).g ELSE 0],
               !.val = IF lost THEN NotValid(now + 1) ELSE val]
  IN /\ n \in up /\ d.st = "rebuild"
     /\ AllReported(reps, members) /\ LeasesOver(ep[n])
     /\ SetDir(n, d1) /\ net' = net \ reps /\ now' = IF lost THEN now + 1 ELSE now
     /\ UNCHANGED <<views, ep, mp, up, node, truth, count>>

-----------------------------------------------------------------------------
ForMaster == {"Req", "Down", "NotHeld"}
OfMove == {"NewMaster", "Transfer", "Moved"}
Types == ForMaster \cup OfMove \cup {"Grant", "Revoke", "DownAck"}

Recv(m) ==
  /\ m.dst \in up /\ EpochOK(m)
  /\ CASE m.type \in ForMaster /\ Bounces(m) -> Bounce(m)
       [] m.type = "Req"     -> RecvReq(m)
       [] m.type = "Grant"   -> RecvGrant(m)
       [] m.type = "Revoke"  -> RecvRevoke(m)
       [] m.type = "Down"    -> RecvDown(m)
       [] m.type = "DownAck" -> RecvDownAck(m)
       [] m.type = "NotHeld" -> RecvNotHeld(m)
       [] m.type = "NewMaster" -> RecvNewMaster(m)
       [] m.type = "Transfer" -> RecvTransfer(m)
       [] m.type = "Moved" -> RecvMoved(m)
       [] OTHER -> Ignore(m)

Init ==
  /\ \E f \in Node : views = <<[members |-> Node, master |-> f]>>
  /\ up   = Node
  /\ ep   = [n \in Node |-> 1]
  /\ mp   = [n \in Node |-> Map(views[1].master)]
  /\ node = [n \in Node |-> Free]
  /\ dir  = [n \in Node |-> IF views[1].master = n THEN [Off EXCEPT !.st = "serve"] ELSE Off]
  /\ net  = {}
  /\ truth = 0
  /\ now = 0
  /\ count = [ask |-> 0, conv |-> 0, write |-> 0, drop |-> 0, cancel |-> 0, refuse |-> 0, forget |-> 0, move |-> 0,
               crash |-> 0, evict |-> 0, join |-> 0]

StopEvicted  == \E n \in up \ View.members : Stop(n)
ReconfigDead == View.members \ up # {} /\ Reconfig(View.members \ up)

Progress ==
  \/ \E m \in net : Recv(m)
  \/ \E n \in Node :
        Lower(n) \/ Withdraw(n) \/ GrantFirst(n) \/ Install(n) \/ Repair(n) \/ Rebuild(n) \/ HandOver(n)
  \/ \E n, k \in Node : Revoke(n, k) \/ TakeBack(n, k)
  \/ \E n \in Node, o \in Owner : Give(n, o) \/ Request(n, o)
  \/ StopEvicted \/ ReconfigDead

Environment ==
  \/ \E n \in Node, o \in Owner :
        \/ \E m \in Asked : Ask(n, o, m)
        \/ Cancel(n, o)
        \/ \E m \in Modes : Release(n, o, m)
  \/ \E n \in Node : Drop(n) \/ Refuse(n) \/ ForgetMaster(n) \/ ForgetNode(n) \/ Rejoin(n)
  \/ \E n, x \in Node : Move(n, x)
  \/ \E n \in View.members : Stop(n)
  \/ \E E \in SUBSET View.members : Reconfig(E)

Next == Progress \/ Environment
Spec == Init /\ [][Next]_vars

\* Owners release in the end; messages arrive; nodes and masters do what they owe.
FairSpec ==
  /\ Spec
  /\ WF_vars(\E n, k \in Node : TakeBack(n, k))
  /\ MaxMove > 0 => WF_vars((\E n \in Node : HandOver(n))
                            \/ \E m \in net : m.type \in OfMove /\ Recv(m))
  /\ \A t \in (Types \ OfMove) \cup {"Rep"} : WF_vars(\E m \in net : m.type = t /\ Recv(m))
  /\ \A n \in Node :
        /\ WF_vars(Lower(n)) /\ WF_vars(GrantFirst(n)) /\ WF_vars(Withdraw(n))
        /\ WF_vars(Install(n)) /\ WF_vars(Repair(n)) /\ WF_vars(Rebuild(n))
        /\ \A k \in Node : WF_vars(Revoke(n, k))
        /\ \A o \in Owner : SF_vars(Give(n, o)) /\ SF_vars(Request(n, o)) /\ WF_vars(Release(n, o, "NL"))
  /\ WF_vars(StopEvicted) /\ WF_vars(ReconfigDead)

-----------------------------------------------------------------------------
(* Safety *)

\* Each owner may hold the lock beside all others: over all running nodes,
\* those included that were evicted and do not know it yet.
Excluded == \A n1, n2 \in up : \A o1, o2 \in Owner :
  <<n1, o1>> # <<n2, o2>> => Compatible(node[n1].hold[o1], node[n2].hold[o2])
NodesExcluded == \A n1, n2 \in up : n1 # n2 => Compatible(node[n1].m, node[n2].m)

\* An owner that excludes writers sees the value that was written last, or that it is lost.
ValueCurrent == \A n \in up : \A o \in Owner :
  node[n].hold[o] \in Reading /\ node[n].val.ok => node[n].val.id = truth

\* A value that was written stays valid unless a node has failed or a lock was forgotten.
ValueKept == truth # 0 /\ count.crash + count.evict + count.forget = 0 =>
  \A n \in up : \A o \in Owner : node[n].hold[o] \in Reading => node[n].val.ok

OneMaster == \A n1, n2 \in up : dir[n1].st = "serve" /\ dir[n2].st = "serve" => n1 = n2

\* When nothing is left to do, every Down is acknowledged, and an owner that waits waits for another one: one that
\* holds what it cannot hold beside, or one that waits in front of it.  So a request
\* is never forgotten, and a conversion never waits for a new request.
Goal(n, o) == Join2(node[n].hold[o], node[n].ask[o])
InTheWay(n, o, k, p) ==
  /\ k \in up /\ <<k, p>> # <<n, o>>
  /\ \/ ~Compatible(node[k].hold[p], Goal(n, o))
     \/ /\ node[k].ask[p] # None
        /\ node[n].hold[o] # "NL" => node[k].hold[p] # "NL"
Quiet ==
  /\ net = {} /\ up = View.members
  /\ \A n \in up :
       /\ ep[n] = Epoch /\ dir[n].st \in {"off", "serve"}
       /\ ~CanLower(n) /\ ~CanWithdraw(n) /\ ~CanGrantFirst(n) /\ ~CanHandOver(n)
       /\ \A k \in Node : ~CanRevoke(n, k) /\ ~CanTakeBack(n, k)
       /\ \A o \in Owner : ~CanGive(n, o) /\ ~CanRequest(n, o)
NobodyForgotten == Quiet =>
  /\ \A n \in up : ~node[n].down
  /\ \A n \in up, o \in Owner : node[n].ask[o] # None =>
       \E k \in Node, p \in Owner : InTheWay(n, o, k, p)

\* Members that know the same number of moves know the same master.  The newest master
\* knows that it is the master.
MapsAgree == \A a, b \in up : ep[a] = ep[b] /\ ep[a] > 0 =>
  /\ mp[a].k = mp[b].k => mp[a].m = mp[b].m
  /\ mp[a].m \in up /\ ep[mp[a].m] = ep[a] => mp[mp[a].m].k >= mp[a].k
\* When nothing is left to do, the master of the view has the lock.
MoveEnds == Quiet => \E n \in up : dir[n].st = "serve" /\ \A a \in up : MasterOf(a) = n

(* Liveness *)

\* Every waiting owner gets the lock, gives up, or its node stops.
Granted == \A n \in Node, o \in Owner :
  (n \in up /\ node[n].ask[o] # None) ~> (n \notin up \/ node[n].ask[o] = None)
\* Every Down is acknowledged.
Settled == \A n \in Node : node[n].down ~> ~node[n].down
=============================================================================
