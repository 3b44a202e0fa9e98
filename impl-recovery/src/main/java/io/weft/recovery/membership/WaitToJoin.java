// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.NodeSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What a newcomer waits for, in words, and whether it goes on: members that recover make steps.
 * Decides nothing; the thread that waits for the newcomer gives up by it. Owned by {@link
 * ViewAgreement}.
 */
final class WaitToJoin {
  /** How long members may recover without a new step of theirs before that counts as a stop. */
  private static final int SILENT_LEASES = 200;

  private final AgreementState state;
  private final AgreementSettings settings;
  private final KnownPeers peers;
  private final RegistryReads registry;
  private final Suspicions suspicions;
  private final FirstView first;

  /** How often members were seen to recover while this node waited for them. */
  private long advances;

  // What each node has said to have reached in recovery, and when one of them last said more.
  private final Map<Integer, Long> reached = new HashMap<>();
  private long reachedNs;

  WaitToJoin(AgreementState state, RegistryReads registry, Suspicions suspicions, FirstView first) {
    this.state = state;
    this.settings = state.settings();
    this.peers = state.peers();
    this.registry = registry;
    this.suspicions = suspicions;
    this.first = first;
  }

  /** Changes while a newcomer sees that the members recover. */
  long advances() {
    return advances;
  }

  /**
   * Members that recover make steps, or read redo and recover blocks between two steps, of which
   * they do not tell: a newcomer waits for that, but not for ever, since they may stand still.
   */
  void followOthers(long now) {
    for (PeerState peer : peers.all()) {
      if (peer.status().isPresent()) {
        MembershipMessage.Progress said = peer.status().get().progress();
        long steps = said.epoch() + said.fenced() + said.recovered() + said.complete();
        if (steps > reached.getOrDefault(peer.node(), 0L)) {
          reached.put(peer.node(), steps);
          reachedNs = now;
        }
      }
    }
    if (!recovering(now).isEmpty()
        && now - reachedNs <= SILENT_LEASES * settings.timing().leaseNs()) {
      advances++;
    }
  }

  /** Whether a member talks to this newcomer. */
  boolean hearsMembers(long now) {
    return !members(now, _ -> true).isEmpty();
  }

  /** What a newcomer waits for, for people. */
  String waitsFor(long now) {
    if (!registry.hasRead()) {
      return Outlook.registry(settings.texts().registry(), registry.trouble());
    }
    NodeSet recovering = recovering(now);
    if (!recovering.isEmpty()) {
      return Outlook.recovery(registry.told(), recovering, now - reachedNs);
    }
    NodeSet members = members(now, _ -> true);
    if (!members.isEmpty()) {
      return Outlook.members(registry.told(), members);
    }
    Outlook outlook = new Outlook(state.configured(), state::name);
    QuorumRule rule = new QuorumRule(state.configured());
    NodeSet here = first.here(now);
    NodeSet mayRun = suspicions.mayRun();
    return !mayRun.isEmpty() && rule.isQuorum(here)
        ? outlook.proof(state.epoch(), mayRun)
        : outlook.quorum(rule, here);
  }

  /** Members that answer and are not through with the recovery of their view. */
  private NodeSet recovering(long now) {
    return members(now, status -> status.progress().complete() < status.epoch());
  }

  /** Members that answer. */
  private NodeSet members(long now, Predicate<MembershipMessage.Status> which) {
    NodeSet.Builder members = new NodeSet.Builder();
    for (PeerState peer : peers.all()) {
      if (peer.isConnected()
          && peer.is(MembershipPhase.MEMBER)
          && !peers.isSilent(peer.node(), now)
          && peer.status().filter(which).isPresent()) {
        members.add(peer.node());
      }
    }
    return members.build();
  }
}
