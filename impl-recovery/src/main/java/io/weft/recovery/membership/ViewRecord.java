// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.View;
import io.weft.spi.directory.Overrides;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.node.ClusterSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * What the registry holds of a view: the last known incarnation of every node that has ever been in
 * one, and how it stands.
 *
 * @param epoch the view's number
 * @param proposer the member that proposed it and leads its recovery
 * @param entries ascending by node, each node once; also of nodes that are members no more
 * @param members the agreed list of members, which has all nodes that belong to the view
 * @param overrides the buckets that have been moved; empty in a message that has no room for them
 * @param foreign the terms under which it was agreed, if they are not those of this node
 */
record ViewRecord(
    long epoch,
    int proposer,
    List<Entry> entries,
    AgreedMembers members,
    Optional<Overrides> overrides,
    Optional<Terms> foreign) {
  ViewRecord {
    entries = entries.stream().sorted(Comparator.comparingInt(Entry::node)).toList();
  }

  /** A record under this node's own terms, in which no bucket has been moved. */
  ViewRecord(long epoch, int proposer, List<Entry> entries, AgreedMembers members) {
    this(epoch, proposer, entries, members, Optional.of(Overrides.NONE), Optional.empty());
  }

  /** The same, with buckets that have been moved. */
  ViewRecord with(Overrides moved) {
    return new ViewRecord(epoch, proposer, entries, members, Optional.of(moved), foreign);
  }

  /**
   * What the members of a view have alike.
   *
   * @param storage the identity of the storage that they work on
   * @param fingerprint of their settings
   * @param settings themselves; empty in a record that came in a message
   */
  record Terms(UUID storage, long fingerprint, Optional<ClusterSettings> settings) {}

  /**
   * A node.
   *
   * @param node its id
   * @param incarnation its newest incarnation that has been in a view
   * @param state of that incarnation
   */
  record Entry(int node, long incarnation, EntryState state) {
    NodeIncarnation nodeIncarnation() {
      return new NodeIncarnation(node, incarnation);
    }

    Entry as(EntryState next) {
      return new Entry(node, incarnation, next);
    }
  }

  /** Whether the registry would have both under one number only if they were one. */
  boolean isSameAs(ViewRecord other) {
    return epoch == other.epoch
        && proposer == other.proposer
        && entries.equals(other.entries)
        && members.equals(other.members)
        && overrides.equals(other.overrides);
  }

  Optional<Entry> entry(int node) {
    int low = 0;
    int high = entries.size();
    while (low < high) {
      int middle = low + high >>> 1;
      if (entries.get(middle).node() < node) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < entries.size() && entries.get(low).node() == node
        ? Optional.of(entries.get(low))
        : Optional.empty();
  }

  /** The newest incarnation of a node that has been in a view; 0 if none has. */
  long incarnation(int node) {
    return entry(node).map(Entry::incarnation).orElse(0L);
  }

  /** Whether this incarnation belongs to the view, as a member or as a witness. */
  boolean has(int node, long incarnation) {
    return entry(node)
        .filter(entry -> entry.incarnation() == incarnation && entry.state().belongs())
        .isPresent();
  }

  /** The nodes of a state. */
  NodeSet nodes(EntryState state) {
    return nodes(entry -> entry.state() == state);
  }

  /** The nodes that belong to the view. */
  NodeSet belonging() {
    return nodes(entry -> entry.state().belongs());
  }

  private NodeSet nodes(Predicate<Entry> which) {
    NodeSet.Builder nodes = new NodeSet.Builder();
    for (Entry entry : entries) {
      if (which.test(entry)) {
        nodes.add(entry.node());
      }
    }
    return nodes.build();
  }

  /** The view as all components see it: without witnesses, which master and serve nothing. */
  View view() {
    List<Member> serving = new ArrayList<>();
    Map<NodeId, Long> incarnations = new HashMap<>();
    for (Member member : members.list().members()) {
      entry(member.id().value())
          .filter(entry -> entry.state() == EntryState.MEMBER)
          .ifPresent(
              entry -> {
                serving.add(member);
                incarnations.put(member.id(), entry.incarnation());
              });
    }
    return new View(new Epoch(epoch), serving, incarnations);
  }

  /**
   * Whether an incarnation has failed: the redo in its log has to be applied if it is still there.
   * An incarnation that was never in a view has not: its log is empty, and it may be about to join.
   * One that left as planned has not either: it is just deleting its log.
   */
  boolean isFailed(NodeIncarnation incarnation) {
    return entry(incarnation.node())
        .filter(
            entry ->
                incarnation.number() < entry.incarnation()
                    || incarnation.number() == entry.incarnation()
                        && (entry.state() == EntryState.OUT || entry.state() == EntryState.FENCED))
        .isPresent();
  }
}
