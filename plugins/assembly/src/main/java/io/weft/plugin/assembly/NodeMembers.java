// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.Member;
import io.weft.api.MemberList;
import io.weft.api.Members;
import io.weft.api.NodeId;
import io.weft.spi.membership.MemberChange;
import io.weft.spi.membership.MemberRequests;
import io.weft.spi.membership.Membership;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** The members as a running node sees and changes them. Thread-safe. */
final class NodeMembers implements Members {
  /** How long a change may take before its request is withdrawn. */
  static final Duration LIMIT = Duration.ofSeconds(30);

  /** Interval at which the answer is looked for: 100 ms. */
  private static final long LOOK_NS = 100_000_000;

  private final Membership membership;
  private final MemberRequests requests;

  /**
   * Those of a node.
   *
   * @param configured the members in its configuration
   */
  NodeMembers(Parts parts, List<Member> configured) {
    this.membership = parts.membership();
    this.requests =
        new MemberRequests(
            parts.registry(),
            configured,
            parts.hashStrategy().honoursWeights(),
            parts.runtime()::nanoTime,
            () -> LockSupport.parkNanos(this, LOOK_NS));
  }

  @Override
  public MemberList list() {
    return membership.members().list();
  }

  @Override
  public MemberList add(Member member) {
    return requests.change(MemberChange.add(member), LIMIT).list();
  }

  @Override
  public MemberList remove(NodeId node) {
    return requests.change(MemberChange.remove(node), LIMIT).list();
  }

  @Override
  public MemberList change(Member member) {
    return requests.change(MemberChange.change(member), LIMIT).list();
  }
}
