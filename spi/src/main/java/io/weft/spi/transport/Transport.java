// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

/**
 * Carries messages between the nodes of a view.
 *
 * <ul>
 *   <li>Rule TR-1: within an epoch every message sent to a live peer is delivered exactly once,
 *       over any number of reconnects.
 *   <li>Rule TR-2: order is promised to nobody, not even inside a lane.
 *   <li>Rule TR-3: {@link #send} is callable from any thread, never blocks and never refuses; the
 *       senders' admission credits bound what is queued. To a peer that is lost or gone it drops
 *       the message and releases the payload.
 *   <li>Rule TR-4: higher lanes leave first.
 *   <li>Rule TR-5: a peer that cannot be reached again within the resume time is reported lost,
 *       once.
 *   <li>Rule TR-6: every message carries the sender's epoch and SCN; the receiver's clock is
 *       advanced before its handler runs. Messages of another epoch than the receiver's are not
 *       handled.
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
   * Binds, accepts and connects to all members of the view. Returns when listening; connections are
   * reported to the listener.
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
   * @param header at most 1,024 bytes; not changed afterwards by the caller
   * @param payload at most 65,536 bytes; see {@link Payload} for its lifetime
   */
  void send(int to, int service, Lane lane, byte[] header, Payload payload);

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
