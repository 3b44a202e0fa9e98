// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.spi.transport.Lane;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A message between nodes about locks. The wire form adds the epoch and the sender's {@link
 * LockClock}; the session names the sender.
 */
sealed interface LockMessage {
  /** The lane that carries the message. */
  default Lane lane() {
    return Lane.RESPONSE;
  }

  /** A message about one lock. */
  sealed interface About extends LockMessage {
    LockName name();
  }

  /**
   * Node to master: asks for a mode. One that the node has already takes an earlier request back.
   *
   * @param number of the request, growing at its node
   * @param converts whether an owner asks that holds the lock already
   * @param tryOnly whether it shall be refused instead of waiting for an owner
   */
  record Request(LockName name, LockMode mode, long number, boolean converts, boolean tryOnly)
      implements About {
    @Override
    public Lane lane() {
      return Lane.REQUEST;
    }
  }

  /**
   * Master to node: answers a request with what the node has now.
   *
   * @param mode the mode of the node
   * @param grant the number of the grant that gave it that mode
   * @param request the request that is answered
   */
  record Grant(LockName name, LockMode mode, long grant, long request, StoredValue value)
      implements About {}

  /**
   * Master to node: lower your mode as soon as your owners allow it.
   *
   * @param grant the grant that is revoked; later ones are not
   * @param number how many times the master has taken revocations of the grant back; those with a
   *     lower number are void, and those with the same number count together
   * @param keep what may be kept: {@link #EVERYTHING} if this takes a revocation back
   * @param answer whether an {@link InUse} is wanted if the owners do not allow it now
   */
  record Revoke(LockName name, long grant, int number, LockMode keep, boolean answer)
      implements About {
    /** What may be kept of a grant that is not revoked any more. */
    static final LockMode EVERYTHING = LockMode.EX;

    /** Takes the revocations of a grant back that have lower numbers. */
    static Revoke takenBack(LockName name, long grant, int number) {
      return new Revoke(name, grant, number, EVERYTHING, false);
    }

    boolean takesBack() {
      return keep == EVERYTHING;
    }

    @Override
    public Lane lane() {
      return Lane.FORWARD;
    }
  }

  /** Node to master: its mode is lowered. Sent again until it is acknowledged. */
  record Down(LockName name, LockMode mode, long grant, StoredValue value) implements About {}

  /** Master to node: a {@link Down} is received. */
  record DownAck(LockName name) implements About {}

  /**
   * Node to master: of that grant the node has no more than this mode. Answers a grant that the
   * node did not take up, and a revocation that leaves it nothing to do.
   */
  record NotHeld(LockName name, LockMode mode, long grant) implements About {}

  /** Node to master: owners of the node hold what was revoked. Advisory. */
  record InUse(LockName name, long grant) implements About {}

  /**
   * Former master to node: nothing was done with your message, because another node is the master
   * of the lock. The node sends it again.
   *
   * @param master the present master, as far as the sender knows
   * @param number of the move that made it the master
   * @param message a {@link Request}, {@link Down}, {@link NotHeld} or {@link InUse}
   */
  record Moved(int master, int number, About message) implements About {
    @Override
    public LockName name() {
      return message.name();
    }
  }

  /**
   * Who has the locks of a bucket to the bucket's master: a part of them. With the last part goes
   * the right to serve them. A lock that is in no part is held by no node.
   *
   * @param parts how many messages the locks of the bucket take; at least 1
   */
  record Transfer(int bucket, int parts, List<MovedLock> locks) implements LockMessage {
    public Transfer {
      locks = List.copyOf(locks);
    }
  }

  /**
   * Rebuilding master to member: what do you have of the locks that I master?
   *
   * @param keeps whether the master needs no reports of buckets that it mastered in the view
   *     before, according to the map with which that view began
   */
  record Inquiry(boolean keeps) implements LockMessage {}

  /**
   * Member to rebuilding master: a part of its report.
   *
   * @param parts number of parts of the report
   * @param held locks in which the node has a mode
   * @param known locks that it mastered in the view before
   */
  record Report(int parts, List<Held> held, List<Known> known) implements LockMessage {
    public Report {
      held = List.copyOf(held);
      known = List.copyOf(known);
    }
  }

  /** A message between a node and the {@link DeadlockDetector}. */
  sealed interface OfDetector extends LockMessage {}

  /** Node to detector: a wait is old. */
  record Suspicion() implements OfDetector {}

  /** Detector to member: who waits at your node, and who is in the way? */
  record Collect(long round) implements OfDetector {}

  /**
   * Member to detector: a part of its answer.
   *
   * @param parts number of parts of the answer
   * @param waits locks that owners wait for
   * @param leases waits that concern block leases
   */
  record Waits(long round, int parts, List<LockWaits> waits, List<LeaseWait> leases)
      implements OfDetector {
    public Waits {
      waits = List.copyOf(waits);
      leases = List.copyOf(leases);
    }
  }

  /**
   * An owner that waits for a block, or that waits for a lock and has block leases meanwhile.
   *
   * @param stamp names the wait
   * @param wanted the block that it waits for; empty if it waits for a lock
   * @param held leases that its scopes have as long as it waits, at most {@value #MAX_LEASES}
   */
  record LeaseWait(long owner, long stamp, Optional<HeldLease> wanted, List<HeldLease> held) {
    /** Most leases of one wait that are told; cycles through further ones are not found. */
    static final int MAX_LEASES = 64;

    public LeaseWait {
      held = List.copyOf(held.subList(0, Math.min(held.size(), MAX_LEASES)));
    }
  }

  /** Detector to node: ends a wait for a block that is part of a deadlock, unless it has ended. */
  record EndBlockWait(long owner, long stamp, String cycle) implements OfDetector {}

  /** Detector to node: ends a wait that is part of a deadlock, unless it has ended. */
  record EndWait(LockName name, long owner, long stamp, String cycle) implements OfDetector {}

  /**
   * What a node says of the waits for one lock; or a part of it.
   *
   * @param first place of the first of {@code waiting} among all requests that wait at the node
   * @param holding owners that may be in the way
   * @param waiting requests that wait, in the order in which they are served
   * @param queue if the node is the master: nodes whose requests wait, in order; in the first part
   */
  record LockWaits(
      LockName name, int first, List<Holding> holding, List<Waiting> waiting, List<Integer> queue) {
    public LockWaits {
      holding = List.copyOf(holding);
      waiting = List.copyOf(waiting);
      queue = List.copyOf(queue);
    }

    /** Puts the parts of one node's answer about one lock together. */
    static LockWaits join(List<LockWaits> parts) {
      if (parts.size() == 1) {
        return parts.getFirst();
      }
      List<LockWaits> ordered =
          parts.stream().sorted(Comparator.comparingInt(LockWaits::first)).toList();
      return new LockWaits(
          ordered.getFirst().name,
          0,
          ordered.stream().flatMap(part -> part.holding.stream()).toList(),
          ordered.stream().flatMap(part -> part.waiting.stream()).toList(),
          ordered.stream().flatMap(part -> part.queue.stream()).toList());
    }
  }

  /** An owner that holds a lock. */
  record Holding(long owner, LockMode mode) {}

  /**
   * A request that waits.
   *
   * @param mode what its owner then has
   * @param stamp names the wait
   */
  record Waiting(long owner, LockMode mode, long stamp) {}

  /** A lock in which the reporting node has a mode. */
  record Held(LockName name, LockMode mode, long grant, StoredValue value) {}

  /**
   * A lock that the reporting node mastered in the view before.
   *
   * @param outsiderWrote whether a node that is not a member any more had a writing mode
   */
  record Known(LockName name, StoredValue value, boolean outsiderWrote) {}
}
