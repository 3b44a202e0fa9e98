// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import java.util.ArrayList;
import java.util.List;

/**
 * The receiving half of an exactly-once session. It has no clock, thread or link. Not thread-safe:
 * one thread at a time.
 *
 * <p>A message counts as received when {@link #arrive} has accepted its number, whatever its epoch.
 * {@link OutboundSession#resumeFrom} of the peer continues after the last number received.
 * Acknowledgements: every frame to the peer carries {@link #received}, and its sender calls {@link
 * #acknowledgementSent}. A separate acknowledgement frame is sent as soon as {@link
 * #isAcknowledgementDue} is true, or when {@link #owesAcknowledgement} has been true for the
 * transport's short delay.
 */
public final class InboundSession {
  /** Number of unacknowledged messages from which an acknowledgement is sent at once. */
  public static final int MESSAGES_PER_ACKNOWLEDGEMENT = 64;

  /** Number of unacknowledged payload bytes from which an acknowledgement is sent at once. */
  public static final int BYTES_PER_ACKNOWLEDGEMENT = 128 << 10;

  /** Largest number of messages of future epochs that are kept. */
  public static final int MAX_PARKED = 1 << 16;

  /** Largest number of bytes of headers and payloads of those messages. */
  public static final long MAX_PARKED_BYTES = 256L << 20;

  private final List<ParkedMessage> parked = new ArrayList<>();
  private long parkedBytes;
  private long received;
  private long acknowledged;
  private int owedMessages;
  private long owedBytes;

  /** Creates a session that has received nothing. */
  public InboundSession() {}

  /**
   * Decides what to do with a numbered frame.
   *
   * @param sequence the frame's number
   * @param epoch the frame's epoch; with {@link Views#NO_EPOCH} it is handled in every epoch
   * @param payloadBytes size of its payload in bytes, for the acknowledgement policy
   * @param currentEpoch the epoch in force at this node, read after the frame has arrived; {@link
   *     Views#NO_EPOCH} before the first view
   */
  public Arrival arrive(long sequence, long epoch, int payloadBytes, long currentEpoch) {
    if (sequence <= received) {
      owedMessages++;
      return Arrival.DUPLICATE;
    }
    if (sequence != received + 1) {
      return Arrival.GAP;
    }
    received = sequence;
    owedMessages++;
    owedBytes += payloadBytes;
    if (epoch == currentEpoch || epoch == Views.NO_EPOCH) {
      return Arrival.DELIVER;
    }
    return epoch < currentEpoch ? Arrival.STALE_EPOCH : Arrival.FUTURE_EPOCH;
  }

  /**
   * The sequence number of the last message received. All earlier messages have been received, too.
   */
  public long received() {
    return received;
  }

  /** Whether received messages have not been acknowledged yet. */
  public boolean owesAcknowledgement() {
    return owedMessages > 0;
  }

  /** Whether an acknowledgement should be sent at once, because a limit has been reached. */
  public boolean isAcknowledgementDue() {
    return owedMessages >= MESSAGES_PER_ACKNOWLEDGEMENT || owedBytes >= BYTES_PER_ACKNOWLEDGEMENT;
  }

  /** Records that a frame with {@link #received} as acknowledgement has been sent. */
  public void acknowledgementSent() {
    acknowledgementSent(received);
  }

  /**
   * Records that a frame that acknowledges all messages up to {@code sequence} has been sent. For a
   * sender on another thread, whose number may be older than {@link #received}. Idempotent.
   */
  public void acknowledgementSent(long sequence) {
    if (sequence > acknowledged || sequence == received) {
      acknowledged = sequence;
      owedMessages = (int) (received - sequence);
      owedBytes = 0;
    }
  }

  /**
   * Keeps a message until its view is installed.
   *
   * @throws WeftException {@link TransportErrors#QUEUE_OVERFLOW} if {@value #MAX_PARKED} messages
   *     or {@value #MAX_PARKED_BYTES} bytes are kept already; the message has been received and is
   *     lost, so the session cannot continue
   */
  public void park(ParkedMessage message) {
    if (parked.size() == MAX_PARKED || parkedBytes + message.bytes() > MAX_PARKED_BYTES) {
      throw new WeftException(
          TransportErrors.QUEUE_OVERFLOW,
          parked.size()
              + " messages with "
              + parkedBytes
              + " bytes wait for a view to be installed; no more can be kept");
    }
    parked.add(message);
    parkedBytes += message.bytes();
  }

  /** Whether any messages of later epochs are kept. */
  public boolean hasParked() {
    return !parked.isEmpty();
  }

  /**
   * Removes and returns the messages of {@code epoch} in their order. Drops the messages of older
   * epochs.
   */
  public List<ParkedMessage> unpark(long epoch) {
    List<ParkedMessage> ready = parked.stream().filter(m -> m.epoch() == epoch).toList();
    parked.removeIf(message -> message.epoch() <= epoch);
    parkedBytes = parked.stream().mapToLong(ParkedMessage::bytes).sum();
    return ready;
  }
}
