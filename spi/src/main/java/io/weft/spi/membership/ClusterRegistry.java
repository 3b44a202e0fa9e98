// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.WeftException;
import io.weft.spi.node.StoragePlace;
import java.util.List;
import java.util.Optional;

/**
 * The registry on which the cluster agrees on its views: a sequence of small records, each decided
 * once. It can be the voting file of a shared-disk cluster, or a consensus service.
 *
 * <ul>
 *   <li>Rule CR-1: for each epoch at most one proposal is ever accepted, and only if the previous
 *       epoch exists. All nodes that read an epoch read the same record.
 *   <li>Rule CR-2: linearizable: {@link #latest} returns the last record that was accepted before
 *       the call began, or a later one.
 *   <li>Rule CR-3: an accepted record survives a power failure.
 *   <li>Rule CR-4: all methods block for I/O, and are called on threads that may block. They are
 *       thread-safe.
 *   <li>Rule CR-5: a registry that cannot be read or written throws {@link
 *       MembershipErrors#REGISTRY_UNAVAILABLE}. The outcome of a proposal in progress is then
 *       unknown.
 *   <li>Rule CR-6: a reservation survives a power failure, and the stop of all nodes, planned or
 *       not. {@link #reservedScn} is at least as large as every number whose reservation, by any
 *       node, completed before the call began.
 *   <li>Rule CR-7: a start of a node derives its incarnation from {@link #lastIncarnation}. So a
 *       registry is constructed before {@link io.weft.spi.node.NodeSettings} exist. It takes a
 *       provider of them, and calls it in {@link #open} or later.
 *   <li>Rule CR-8: requests have ascending numbers, and a number is never used twice. A request
 *       appears whole or not at all, survives a power failure once {@link #ask} has returned, and
 *       is pending until it has an answer. {@link #latest}, {@link #ask}, {@link #requests} and
 *       {@link #answer} may be called by a process that has not opened the registry.
 *   <li>Rule CR-9: a request has at most one answer, the first one, which survives a power failure.
 *       The answers to the last {@link #MAX_REQUESTS} requests can be read.
 *   <li>Rule CR-10: at most {@link #MAX_REQUESTS} requests are pending; a further one is refused
 *       with {@link io.weft.api.MemberErrors#TOO_MANY_REQUESTS}.
 * </ul>
 */
public interface ClusterRegistry extends AutoCloseable {
  /**
   * Length of the longest record in bytes: 256 KiB. Enough for all settings that nodes have alike,
   * 1,024 members, and a moved bucket of every number.
   */
  int MAX_RECORD_BYTES = 256 << 10;

  /** Most pending requests. */
  int MAX_REQUESTS = 64;

  /** Length of the longest request, and of the longest answer, in bytes. */
  int MAX_REQUEST_BYTES = 1024;

  /** Short name for reports. */
  String name();

  /**
   * The place of this storage, where its identity is kept; empty if the storage cannot be confused
   * with another one. May be called before {@link #open}.
   */
  default Optional<StoragePlace> place() {
    return Optional.empty();
  }

  /**
   * The largest incarnation that any start of the node has recorded here, 0 if there is none. May
   * be called before {@link #open}. Creates nothing.
   */
  long lastIncarnation(int node);

  /**
   * Records an incarnation of this node that a view contains. Later starts get larger ones. Called
   * when the registry is open.
   */
  void recordIncarnation(long incarnation);

  /**
   * Opens the registry for this node, and locks the node's id while this process runs. The lock
   * lets other nodes detect that the process has ended ({@link #hasStopped}).
   *
   * @throws WeftException if another process runs under the same node id
   */
  void open();

  /** The newest record; empty before the first. */
  Optional<Entry> latest();

  /**
   * Proposes the record of an epoch.
   *
   * @param epoch the newest epoch plus one
   * @param record at most {@link #MAX_RECORD_BYTES}
   * @return true if this proposal has been accepted, false if another one has
   */
  boolean propose(long epoch, byte[] record);

  /**
   * Reserves all system change numbers up to this one. The caller reserves many numbers at a time,
   * ahead of their use, so a call may cost as much as a durable write of a small file.
   */
  void reserveScn(long upTo);

  /** The largest number that any node has ever reserved, 0 if there is none. */
  long reservedScn();

  /**
   * Whether an incarnation of a node has certainly ended: its process is gone, or a later
   * incarnation has started.
   *
   * @param kill whether to kill the process if it still runs and this process is able to do so
   * @return false if it runs, or if this cannot be determined
   */
  boolean hasStopped(int node, long incarnation, boolean kill);

  /**
   * What is known of the process of a node, and how its end could be proved. Text for an operator
   * who needs to know why {@link #hasStopped} is false.
   */
  default String seenOf(int node) {
    return "nothing is known of the process of n" + node;
  }

  /**
   * Leaves a request for the members (CR-8, CR-10).
   *
   * @param request 1 to {@link #MAX_REQUEST_BYTES} bytes
   * @param above its number is larger than this, and larger than that of every earlier request
   * @return its number
   * @throws WeftException {@link io.weft.api.MemberErrors#TOO_MANY_REQUESTS}, or as CR-5 says
   * @throws IllegalArgumentException if the request is empty or too long
   */
  long ask(byte[] request, long above);

  /** The pending requests, ascending by number. A request that is damaged has no bytes. */
  List<Request> requests();

  /**
   * Answers a request (CR-9). It is pending no more. Without effect if it has an answer.
   *
   * @param answer at most {@link #MAX_REQUEST_BYTES} bytes
   * @throws IllegalArgumentException if the answer is too long
   */
  void answer(long number, byte[] answer);

  /** The answer to a request; empty if it has none, or none any more. */
  Optional<byte[]> answer(long number);

  /** Releases the node's id and closes the registry. */
  @Override
  void close();

  /**
   * An accepted record.
   *
   * @param epoch the number of the record, 1 or larger
   * @param record the bytes that were proposed
   */
  record Entry(long epoch, byte[] record) {}

  /**
   * A pending request.
   *
   * @param number its number, 1 or larger
   * @param request the bytes that were left
   */
  record Request(long number, byte[] request) {}
}
