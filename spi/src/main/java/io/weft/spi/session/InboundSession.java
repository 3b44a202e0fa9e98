// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import java.util.ArrayList;
import java.util.List;

/**
 * The receiving half of an exactly-once session. Pure: no clock, thread or link; one thread at a
 * time.
 *
 * <p>A message counts as received when {@link #arrive} has seen it, whatever its epoch; the number
 * is what {@link OutboundSession#resumeFrom} of the peer continues after. When to acknowledge:
 * every frame to the peer carries {@link #received}, and {@link #acknowledgementSent} is told. A
 * frame of its own is due as soon as {@link #isAcknowledgementDue}, or when the transport's short
 * delay has passed while {@link #owesAcknowledgement}.
 */
public final class InboundSession {
  /** Unacknowledged messages after which an acknowledgement does not wait for company. */
  public static final int MESSAGES_PER_ACKNOWLEDGEMENT = 64;

  /** Unacknowledged payload bytes after which an acknowledgement does not wait for company. */
  public static final int BYTES_PER_ACKNOWLEDGEMENT = 128 << 10;

  /** Most messages of future epochs that are kept. */
  public static final int MAX_PARKED = 1 << 16;

  /** Most bytes of headers and payloads that are kept with them. */
  public static final long MAX_PARKED_BYTES = 256L << 20;

  private final List<ParkedMessage> parked = new ArrayList<>();
  private long parkedBytes;
  private long received;
  private long acknowledged;
  private int owedMessages;
  private long owedBytes;

  /** Starts with nothing received. */
  public InboundSession() {}

  /**
   * Judges a numbered frame.
   *
   * @param sequence the frame's number
   * @param epoch the frame's epoch; with {@link Views#NO_EPOCH} it is handled in every epoch
   * @param payloadBytes bytes of its payload, for the acknowledgement policy
   * @param currentEpoch the epoch in force here, read after the frame has come; {@link
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

  /** The last message received; everything before it has been received, too. */
  public long received() {
    return received;
  }

  /** Whether the peer waits for an acknowledgement. */
  public boolean owesAcknowledgement() {
    return owedMessages > 0;
  }

  /** Whether so much waits for an acknowledgement that it should leave at once. */
  public boolean isAcknowledgementDue() {
    return owedMessages >= MESSAGES_PER_ACKNOWLEDGEMENT || owedBytes >= BYTES_PER_ACKNOWLEDGEMENT;
  }

  /** A frame that carries {@link #received} has left. */
  public void acknowledgementSent() {
    acknowledgementSent(received);
  }

  /**
   * A frame has left that acknowledges everything up to {@code sequence}; for senders on another
   * thread, who may be behind. Repeating it changes nothing.
   */
  public void acknowledgementSent(long sequence) {
    if (sequence > acknowledged || sequence == received) {
      acknowledged = sequence;
      owedMessages = (int) (received - sequence);
      owedBytes = 0;
    }
  }

  /**
   * Keeps a message until its epoch is in force.
   *
   * @throws WeftException {@link TransportErrors#QUEUE_OVERFLOW} if {@value #MAX_PARKED} messages
   *     or {@value #MAX_PARKED_BYTES} bytes are there; the message has been received and is lost,
   *     so the session cannot go on
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

  /** Whether messages wait for a later epoch. */
  public boolean hasParked() {
    return !parked.isEmpty();
  }

  /** Takes out the messages of {@code epoch} in their order; those of older epochs are dropped. */
  public List<ParkedMessage> unpark(long epoch) {
    List<ParkedMessage> ready = parked.stream().filter(m -> m.epoch() == epoch).toList();
    parked.removeIf(message -> message.epoch() <= epoch);
    parkedBytes = parked.stream().mapToLong(ParkedMessage::bytes).sum();
    return ready;
  }
}
