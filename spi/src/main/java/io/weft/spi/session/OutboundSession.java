// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.api.WeftException;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.TransportErrors;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The sending half of an exactly-once session. It has no clock, thread or link. Not thread-safe:
 * one thread at a time.
 *
 * <pre>
 *   offer -> lanes (highest first) -> next -> retained until acknowledged -> released
 *                                      ^          |
 *                                      +--resume--+   after a new connection
 * </pre>
 *
 * <p>Messages are numbered from 1 when they are first sent. So waiting messages of a higher lane
 * can overtake others, and a message that is sent again keeps its number. Invariant: {@code
 * acknowledged < cursor <= nextSequence}; the retained messages are those from {@code acknowledged
 * + 1} to {@code nextSequence - 1}, of which those from {@code cursor} on must still be sent on
 * this connection.
 */
public final class OutboundSession {
  /**
   * Largest number of messages that wait or are retained. Admission credits keep the number for one
   * peer far below. Reaching this limit means a defect, or a peer that does not read. The peer is
   * then treated as lost.
   */
  public static final int MAX_MESSAGES = 1 << 20;

  private static final int INITIAL_RETAINED = 256;
  private static final Lane[] LANES = Lane.values();

  private final ArrayDeque<OutboundMessage> requests = new ArrayDeque<>();
  private final ArrayDeque<OutboundMessage> forwards = new ArrayDeque<>();
  private final ArrayDeque<OutboundMessage> responses = new ArrayDeque<>();
  private final ArrayDeque<OutboundMessage> controls = new ArrayDeque<>();
  private OutboundMessage[] retained = new OutboundMessage[INITIAL_RETAINED];
  private long nextSequence = 1;
  private long cursor = 1;
  private long acknowledged;
  private int waiting;
  private boolean ended;

  /** Creates a session without messages. */
  public OutboundSession() {}

  /**
   * Queues a message in its lane. After {@link #end} the message is dropped and its payload
   * released.
   *
   * @throws WeftException {@link TransportErrors#QUEUE_OVERFLOW} if {@value #MAX_MESSAGES} messages
   *     wait or are retained already; the message is dropped and its payload released
   */
  public void offer(OutboundMessage message) {
    if (ended) {
      message.release();
      return;
    }
    if (waiting + nextSequence - acknowledged > MAX_MESSAGES) {
      message.release();
      throw new WeftException(
          TransportErrors.QUEUE_OVERFLOW,
          MAX_MESSAGES + " messages wait for a peer that does not take them");
    }
    lane(message.lane()).add(message);
    waiting++;
  }

  /** Whether there is a message to send. */
  public boolean hasNext() {
    return cursor < nextSequence || waiting > 0;
  }

  /**
   * Returns the next message to send: first the messages that a broken connection may have lost,
   * then the oldest message of the highest lane.
   *
   * @throws IllegalStateException if there is none
   */
  public OutboundMessage next() {
    if (cursor < nextSequence) {
      return retained[slot(cursor++)];
    }
    OutboundMessage message = highestWaiting();
    waiting--;
    if (nextSequence - acknowledged > retained.length) {
      grow();
    }
    message.leave(nextSequence);
    retained[slot(nextSequence)] = message;
    nextSequence++;
    cursor = nextSequence;
    return message;
  }

  /**
   * Processes an acknowledgement of the peer and releases the payloads of the messages that it
   * covers. Repeated and older acknowledgements have no effect.
   *
   * @throws WeftException {@link TransportErrors#SESSION_BROKEN} if it covers messages that have
   *     not been sent
   */
  public void acknowledge(long sequence) {
    if (sequence >= cursor) {
      throw new WeftException(
          TransportErrors.SESSION_BROKEN,
          "the peer acknowledges message " + sequence + ", the last one sent is " + (cursor - 1));
    }
    while (acknowledged < sequence) {
      acknowledged++;
      int slot = slot(acknowledged);
      OutboundMessage message = retained[slot];
      retained[slot] = null;
      message.release();
    }
  }

  /**
   * Continues on a new connection: releases the payloads of the messages that the peer has
   * received, and sends the other messages again. The release of a payload may call {@link #offer}
   * and {@link #next} at once.
   *
   * @param received the sequence number of the last message that the peer has received
   * @return how many messages will be sent again
   * @throws WeftException {@link TransportErrors#SESSION_BROKEN} if the peer's number is out of
   *     range
   */
  public int resumeFrom(long received) {
    if (received < acknowledged || received >= nextSequence) {
      throw new WeftException(
          TransportErrors.SESSION_BROKEN,
          "the peer resumes after message "
              + received
              + ", outside "
              + acknowledged
              + " to "
              + (nextSequence - 1));
    }
    cursor = received + 1;
    int again = (int) (nextSequence - cursor);
    acknowledge(received); // last: the release of a payload may send
    return again;
  }

  /** Ends the session: drops all messages and releases all payloads. Later calls have no effect. */
  public void end() {
    if (ended) {
      return;
    }
    ended = true;
    while (waiting > 0) {
      waiting--;
      highestWaiting().release();
    }
    cursor = nextSequence;
    acknowledge(nextSequence - 1);
    Arrays.fill(retained, null);
  }

  /** Whether {@link #end} has been called. */
  public boolean isEnded() {
    return ended;
  }

  /** Number of messages that have not been sent yet. */
  public int waiting() {
    return waiting;
  }

  /** Number of messages that have been sent and are not acknowledged. */
  public int retained() {
    return (int) (nextSequence - 1 - acknowledged);
  }

  /** Sequence number of the last message sent, 0 before the first. */
  public long lastSequence() {
    return nextSequence - 1;
  }

  /** Sequence number of the last message that the peer has acknowledged, 0 before the first. */
  public long acknowledged() {
    return acknowledged;
  }

  private OutboundMessage highestWaiting() {
    for (int i = LANES.length - 1; i >= 0; i--) {
      OutboundMessage message = lane(LANES[i]).poll();
      if (message != null) {
        return message;
      }
    }
    throw new IllegalStateException("nothing to send");
  }

  private ArrayDeque<OutboundMessage> lane(Lane lane) {
    return switch (lane) {
      case REQUEST -> requests;
      case FORWARD -> forwards;
      case RESPONSE -> responses;
      case CONTROL -> controls;
    };
  }

  private int slot(long sequence) {
    return (int) sequence & (retained.length - 1);
  }

  private void grow() {
    OutboundMessage[] old = retained;
    retained = new OutboundMessage[2 * old.length];
    for (long s = acknowledged + 1; s < nextSequence; s++) {
      retained[slot(s)] = old[(int) s & (old.length - 1)];
    }
  }
}
