// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

import java.util.List;

/**
 * Carries messages between the configured nodes, whether they are members of the view or not.
 *
 * <ul>
 *   <li>Rule TR-1: within an epoch every message sent to a live peer is delivered exactly once,
 *       over any number of reconnects.
 *   <li>Rule TR-2: order is promised to nobody, not even inside a lane.
 *   <li>Rule TR-3: {@link #send} is callable from any thread, never blocks and never refuses; the
 *       senders' admission credits bound what is queued. To a peer that is lost, gone or evicted it
 *       drops the message and releases the payload. What is sent to a member of the view before its
 *       session begins waits for the session; without a session, a message of {@link
 *       io.weft.spi.view.Views#NO_EPOCH} is dropped.
 *   <li>Rule TR-4: higher lanes leave first.
 *   <li>Rule TR-5: a peer that cannot be reached again within the resume time is reported lost,
 *       once.
 *   <li>Rule TR-6: every message carries the epoch that its sender gave it, and the SCN; the
 *       receiver's clock is advanced before its handler runs. A message of an older epoch than the
 *       receiver's view is dropped, one of a newer epoch is kept until that view is installed (R1).
 *       A message with {@link io.weft.spi.view.Views#NO_EPOCH} is always handled.
 *   <li>Rule TR-9: a peer is one life of a node. When a node comes back, its former session ends,
 *       is reported lost, and a new one begins, without anybody's doing.
 *   <li>Rule TR-7: messages to the node itself are not the transport's business.
 *   <li>Rule TR-8: messages that a thread sends between {@link #beginBurst} and {@link #endBurst}
 *       may leave together, at the latest when the burst ends. Bursts nest; a thread does not wait
 *       for anything inside one.
 * </ul>
 */
public interface Transport extends AutoCloseable {
  /** Short name for reports, for example {@code tcp}. */
  String name();

  /**
   * Registers the receiver of a service. Before {@link #start} only.
   *
   * @param service 1 to 255, one handler each
   */
  void register(int service, MessageHandler handler);

  /**
   * Binds, accepts, and connects to all configured nodes for as long as it runs. Returns when
   * listening; connections are reported to the listener.
   *
   * @throws io.weft.api.WeftException if the address cannot be bound or the configuration is
   *     refused
   */
  void start(PeerListener listener);

  /**
   * Sends a message.
   *
   * @param to the receiver's node id, not the own one
   * @param service as registered at the receiver
   * @param epoch of the view in which the message makes sense, or {@link
   *     io.weft.spi.view.Views#NO_EPOCH}
   * @param header at most 1,024 bytes; not changed afterwards by the caller
   * @param payload at most 65,536 bytes; see {@link Payload} for its lifetime
   */
  void send(int to, int service, Lane lane, long epoch, byte[] header, Payload payload);

  /**
   * Tells the transport that {@link io.weft.spi.view.Views} has a new view: what was kept for it is
   * handled from now on.
   *
   * @param quiet runs, on any thread, when no handler is at work any more on a message of an older
   *     epoch, and none will be
   */
  void viewInstalled(Runnable quiet);

  /**
   * Ends the session with a life of a node, if there is one, and refuses that life and its earlier
   * ones from now on, telling them that they have been evicted. Not reported to the listener.
   */
  void evict(int node, long incarnation);

  /**
   * What keeps configured nodes from being connected at present, for people: what they say, or why
   * they cannot be reached; one text for each node of which something is known. Any thread.
   */
  default List<String> obstacles() {
    return List.of();
  }

  /** Begins a burst of messages of this thread (TR-8). */
  default void beginBurst() {}

  /** Ends the burst that this thread began last. */
  default void endBurst() {}

  /** Sends what is queued, says goodbye to all peers, and frees threads and ports. Blocks. */
  @Override
  void close();

  /**
   * Ends without a goodbye, as a failed node must: its peers report it lost instead of believing
   * that it has given everything up. Frees threads and ports, drops what is queued. Blocks.
   *
   * @implSpec closes; a transport that says goodbye has to override this
   */
  default void abort() {
    close();
  }
}
