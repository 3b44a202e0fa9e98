// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.WeftException;
import io.weft.spi.node.StoragePlace;
import java.util.Optional;

/**
 * Where the cluster agrees on its views: a sequence of small records, each decided once. The voting
 * file of shared-disk clusters is one; a consensus service is another.
 *
 * <ul>
 *   <li>Rule CR-1: for each epoch at most one proposal is ever accepted, and only if the epoch
 *       before it exists; everybody who reads an epoch reads the same record.
 *   <li>Rule CR-2: linearizable: {@link #latest} returns the record that was accepted last before
 *       the call began, or a later one.
 *   <li>Rule CR-3: an accepted record survives the loss of power.
 *   <li>Rule CR-4: all methods block for I/O and are called on threads that may; they are safe to
 *       be called from several.
 *   <li>Rule CR-5: a registry that cannot be read or written throws {@link
 *       MembershipErrors#REGISTRY_UNAVAILABLE}; nothing is known then about a proposal under way.
 *   <li>Rule CR-6: a reservation survives the loss of power; {@link #reservedScn} is at least as
 *       large as every number whose reservation, by any node, ended before the call began. It
 *       outlives all nodes, also when they stop as planned.
 *   <li>Rule CR-7: a start of a node gets its incarnation from {@link #lastIncarnation}. So a
 *       registry is made before there are {@link io.weft.spi.node.NodeSettings}: it takes a
 *       provider of them, and asks it in {@link #open} or later.
 * </ul>
 */
public interface ClusterRegistry extends AutoCloseable {
  /** Short name for reports. */
  String name();

  /**
   * The place of this storage, which has its identity; empty if it cannot be mistaken for another
   * one. May be asked before {@link #open}.
   */
  default Optional<StoragePlace> place() {
    return Optional.empty();
  }

  /**
   * The largest incarnation that a start of a node has had here, 0 if there was none. May be called
   * before {@link #open}; makes nothing.
   */
  long lastIncarnation(int node);

  /**
   * A life of this node has had this incarnation, as a view says: later starts get larger ones.
   * Called when the registry is open.
   */
  void recordIncarnation(long incarnation);

  /**
   * Opens the registry for this node, and keeps the node's id for the life of this process, so that
   * others can find out that it has ended ({@link #hasStopped}).
   *
   * @throws WeftException if another process runs under the same node id
   */
  void open();

  /** The newest record; empty before the first. */
  Optional<Entry> latest();

  /**
   * Proposes the record of an epoch.
   *
   * @param epoch one more than the newest
   * @param record at most 64 KiB
   * @return whether the proposal has been accepted; false: another one has
   */
  boolean propose(long epoch, byte[] record);

  /**
   * Reserves all system change numbers up to this one for this node. It is done in long strides,
   * ahead of their use, and may cost what a stable write of a small file costs.
   */
  void reserveScn(long upTo);

  /** The largest number that any node has ever reserved; 0 if none has. */
  long reservedScn();

  /**
   * Whether a life of a node has certainly ended: its process is gone, or a later life has begun.
   *
   * @param kill whether to end it, if it still runs where this process can reach it
   * @return false if it runs, or nothing can be said
   */
  boolean hasStopped(int node, long incarnation, boolean kill);

  /**
   * What can be seen of the process of a node, and how its end could be proved, for people who read
   * why a life does not count as ended.
   */
  default String seenOf(int node) {
    return "nothing is known of the process of n" + node;
  }

  /** Frees the node's id and the registry. */
  @Override
  void close();

  /**
   * An accepted record.
   *
   * @param epoch its number, 1 or larger
   * @param record as it was proposed
   */
  record Entry(long epoch, byte[] record) {}
}
