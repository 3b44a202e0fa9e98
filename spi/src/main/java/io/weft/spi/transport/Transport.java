// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

import io.weft.api.Member;
import java.util.List;

/**
 * Carries messages between the nodes of the cluster, whether they are members of the view or not.
 *
 * <ul>
 *   <li>Rule TR-1: within an epoch every message sent to a running peer is delivered exactly once,
 *       over any number of reconnects.
 *   <li>Rule TR-2: no order of delivery is guaranteed, not even within a lane.
 *   <li>Rule TR-3: {@link #send} may be called on any thread, never blocks and never refuses a
 *       message. The senders' admission credits bound the queues. If the peer is lost, has left or
 *       has been evicted, the message is dropped and its payload released. A message to a member of
 *       the view whose session has not begun yet waits for the session. Without a session, a
 *       message of {@link io.weft.spi.view.Views#NO_EPOCH} is dropped.
 *   <li>Rule TR-4: messages of a higher lane are sent first.
 *   <li>Rule TR-5: a peer to which no connection can be made again within the resume time is
 *       reported lost, once.
 *   <li>Rule TR-6: every message carries the epoch that its sender passed, and the sender's SCN.
 *       The receiver's clock is advanced before the handler runs. A message of an older epoch than
 *       the receiver's view is dropped. A message of a newer epoch is kept until that view is
 *       installed (R1). A message with {@link io.weft.spi.view.Views#NO_EPOCH} is always handled.
 *   <li>Rule TR-9: a peer is one incarnation of a node. When a node restarts, its old session ends
 *       and is reported lost, and a new session begins. No call is needed for this.
 *   <li>Rule TR-7: the transport does not carry messages from a node to itself.
 *   <li>Rule TR-8: messages that a thread sends between {@link #beginBurst} and {@link #endBurst}
 *       may be sent together, at the latest when the burst ends. Bursts nest. A thread must not
 *       wait inside a burst.
 *   <li>Rule TR-10: {@link #contacts} replaces the list of nodes to connect to. A new node is a
 *       peer from then on. A node with another address keeps its session, and is reached at the new
 *       address when it has none. This node does not connect to a node that is not in the list any
 *       more; a session with it lasts until it is evicted, or ends by itself.
 * </ul>
 */
public interface Transport extends AutoCloseable {
  /** Short name for reports, for example {@code tcp}. */
  String name();

  /**
   * Registers the handler of a service. Called before {@link #start} only.
   *
   * @param service the service number, 1 to 255; each has one handler
   */
  void register(int service, MessageHandler handler);

  /**
   * Binds the port, accepts connections, and connects to all nodes that it knows, until it is
   * closed: the configured ones, and those of {@link #contacts}. Returns when it listens.
   * Connections are reported to the listener.
   *
   * @throws io.weft.api.WeftException if the address cannot be bound or the configuration is
   *     refused
   */
  void start(PeerListener listener);

  /**
   * Sends a message (TR-3).
   *
   * @param to the node id of the receiver; not the id of this node
   * @param service the service number, as registered at the receiver
   * @param epoch the epoch of the view to which the message belongs, or {@link
   *     io.weft.spi.view.Views#NO_EPOCH}
   * @param header at most 1,024 bytes; the caller must not change them afterwards
   * @param payload at most 65,536 bytes; see {@link Payload} for its lifetime
   */
  void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload);

  /**
   * Tells the transport that {@link io.weft.spi.view.Views} has a new view. The messages that were
   * kept for this view are handled from now on.
   *
   * @param quiet runs, on any thread, when no handler is running for a message of an older epoch,
   *     and none will run
   */
  void viewInstalled(Runnable quiet);

  /**
   * Ends the session with an incarnation of a node, if there is one. From then on, connections of
   * this incarnation and of earlier ones are refused with {@link TransportErrors#EVICTED}. Not
   * reported to the listener.
   */
  void evict(int node, long incarnation);

  /**
   * Changes the nodes that this one connects to (TR-10). The configured addresses of a node are
   * tried, too. Called after {@link #start}, on any thread; does not block. Without effect before
   * the start and after the end.
   *
   * @param members all nodes of the cluster, this one among them
   */
  void contacts(List<Member> members);

  /**
   * Why known nodes are not connected now, as text for an operator: their refusals, or the reason
   * why they cannot be reached. One text for each node with a known reason. Any thread.
   */
  default List<String> obstacles() {
    return List.of();
  }

  /** Begins a burst of messages of this thread (TR-8). */
  default void beginBurst() {}

  /** Ends the burst that this thread began last. */
  default void endBurst() {}

  /**
   * Sends all queued messages, sends a goodbye to all peers, and frees threads and ports. Blocks.
   */
  @Override
  void close();

  /**
   * Ends without a goodbye, as a failed node must. Its peers then report it lost, and do not assume
   * that it has released all its blocks. Drops all queued messages, and frees threads and ports.
   * Blocks.
   *
   * @implSpec calls {@link #close}; a transport that sends a goodbye must override this method
   */
  default void abort() {
    close();
  }
}
