// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeId;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.plugin.ClusterWide;
import io.weft.spi.plugin.DependentSettings;
import java.time.Duration;

/**
 * Settings of membership and recovery, section {@code weft.membership}.
 *
 * @param lease how long a node may act on its last proof of membership, 200 ms to 10 min
 * @param drift how much faster or slower the clocks of two nodes may run, in percent, 0 to 50
 * @param heartbeat interval of heartbeats, 1 ms to a fifth of the lease
 * @param formWait how long a quorum waits for the other nodes at a cold start, 0 to 1 h
 * @param kill whether an evicted process is killed, where this node may do that
 * @param witness whether this node votes only
 * @param watchers how many nodes watch each node at every heartbeat, 2 to 1,023
 * @param electors how many nodes vote if the cluster has more, 3 to 31
 * @param checkpointInterval longest time between checkpoints, 1 s to 1 day
 * @param checkpointRedo redo after which a checkpoint begins earlier, 1 MiB or more
 */
public record MembershipSettings(
    @ClusterWide Duration lease,
    @ClusterWide int drift,
    @ClusterWide Duration heartbeat,
    Duration formWait,
    boolean kill,
    boolean witness,
    @ClusterWide int watchers,
    @ClusterWide int electors,
    Duration checkpointInterval,
    ByteSize checkpointRedo)
    implements DependentSettings {
  /** Checks the ranges. */
  public MembershipSettings {
    between("lease", lease, Duration.ofMillis(200), Duration.ofMinutes(10));
    between("heartbeat", heartbeat, Duration.ofMillis(1), lease.dividedBy(5));
    between("form-wait", formWait, Duration.ZERO, Duration.ofHours(1));
    between("checkpoint-interval", checkpointInterval, Duration.ofSeconds(1), Duration.ofDays(1));
    require(drift >= 0 && drift <= 50, "drift", drift, "0 to 50 percent");
    require(watchers >= 2 && watchers <= NodeId.MAX, "watchers", watchers, "2 to 1023");
    require(electors >= 3 && electors <= 31, "electors", electors, "3 to 31");
    require(checkpointRedo.bytes() >= 1 << 20, "checkpoint-redo", checkpointRedo, "1 MiB or more");
  }

  /** A node must not give up forming before it has begun, nor a log need more room than it has. */
  @Override
  public void check(Others others) {
    Duration limit = others.duration("weft.form-timeout").orElse(Duration.ofDays(1));
    if (formWait.compareTo(limit) >= 0) {
      throw new IllegalArgumentException(
          "weft.membership.form-wait = "
              + formWait.toMillis()
              + " ms is not shorter than weft.form-timeout = "
              + limit.toMillis()
              + " ms: a node would give up before a quorum forms without the others; shorten the"
              + " one or lengthen the other");
    }
    if (lease.multipliedBy(100 + drift).dividedBy(100).compareTo(limit) >= 0) {
      others.caution(
          "weft.membership.lease = "
              + lease.toMillis()
              + " ms, with its drift, is not shorter than weft.form-timeout = "
              + limit.toMillis()
              + " ms: a node that has to wait for the lease of a failed one gives up first");
    }
  }

  private static void between(String key, Duration value, Duration least, Duration most) {
    require(
        value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
        key,
        value.toMillis() + " ms",
        least.toMillis() + " ms to " + most.toMillis() + " ms");
  }

  private static void require(boolean holds, String key, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(
          "weft.membership." + key + " = " + value + ": allowed is " + range);
    }
  }
}
