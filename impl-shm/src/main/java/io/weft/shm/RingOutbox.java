// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.WeftException;
import io.weft.spi.runtime.DrainLoop;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.OutboundSession;
import io.weft.spi.view.Views;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;

/**
 * The sending half of one session with a peer. Any thread may send: a thread that finds the outbox
 * idle drains it, and other threads queue their work for the draining thread. Messages may be
 * queued before the session begins; after its end they are dropped.
 *
 * <pre>
 *   messages, acknowledgements, commands --> [ signals > 0: a thread drains ]
 *                                              commands, releases, lanes, writes
 * </pre>
 *
 * <p>So a thread that sends on an idle connection writes into the ring itself and wakes no other
 * thread of its process. If it has reached its limit of work for others ({@link DrainLoop}), the
 * receiving thread drains the rest. If the ring is full, the rest waits in the session until the
 * peer has made room.
 */
final class RingOutbox implements ShmLoop.Batched {
  /** Messages per chunk of the inbox. */
  private static final int CHUNK = 256;

  /** Most messages moved from the inbox to the session in one round. */
  private static final int MAX_TAKEN_AT_ONCE = 1_024;

  /** Rounds after which a sending thread leaves the rest to the receiving thread. */
  private static final int MAX_ROUNDS_OF_A_SENDER = 8;

  /** Batches written in one round before new messages are taken. */
  private static final int MAX_BATCHES_OF_A_ROUND = 16;

  private final ShmLoop loop;
  private final BiConsumer<RingOutbox, WeftException> onBroken;

  // Any thread.
  private final MpscUnboundedVarHandleArrayQueue<OutboundMessage> inbox =
      new MpscUnboundedVarHandleArrayQueue<>(CHUNK);
  private final ConcurrentLinkedQueue<Runnable> commands = new ConcurrentLinkedQueue<>();
  private final DrainLoop drain;
  private final CompletableFuture<Void> farewell = new CompletableFuture<>();
  private volatile long peerReceived;
  private volatile boolean acknowledgementAsked;
  private volatile boolean refusing;
  private volatile boolean bound;

  // The loop's thread.
  private boolean touched;

  // Only the draining thread.
  private final OutboundSession out = new OutboundSession();
  private Optional<RingLink> link = Optional.empty();
  private Optional<OutboundMessage> goodbye = Optional.empty();

  /**
   * Creates an idle outbox.
   *
   * @param onBroken called on any thread when the session cannot continue
   * @param onThrown called on any thread with an exception of the drain loop
   */
  RingOutbox(
      ShmLoop loop, BiConsumer<RingOutbox, WeftException> onBroken, Consumer<Throwable> onThrown) {
    this.loop = loop;
    this.onBroken = onBroken;
    this.drain =
        new DrainLoop(this::work, MAX_ROUNDS_OF_A_SENDER, loop, System::nanoTime, onThrown);
  }

  // Any thread

  /** Whether messages are dropped. */
  boolean isRefusing() {
    return refusing;
  }

  /** Whether the session has begun; before that the peer may never connect. */
  boolean isBound() {
    return bound;
  }

  /** The session begins. */
  void bind() {
    bound = true;
  }

  /** Drops messages from now on; queued messages stay. */
  void refuse() {
    refusing = true;
  }

  /** Queues a message and has it sent. */
  void send(OutboundMessage message) {
    queue(message);
    signalQueued();
  }

  /** Queues a message; {@link #signalQueued} has to follow. */
  void queue(OutboundMessage message) {
    inbox.offer(message);
  }

  /** Has the queued messages sent: now, or at the end of the round that this thread is handling. */
  void signalQueued() {
    if (!loop.isCurrent()) {
      signal();
    } else if (!touched) {
      touched = loop.flushLater(this);
      if (!touched) {
        signal();
      }
    }
  }

  @Override
  public void endOfBatch() {
    touched = false;
    signal();
  }

  /** The peer has received everything up to {@code sequence}. The loop's thread. */
  void acknowledged(long sequence) {
    if (sequence > peerReceived) {
      peerReceived = sequence;
      signalQueued();
    }
  }

  /** Sends an acknowledgement, even if no message can carry it. */
  void acknowledge() {
    acknowledgementAsked = true;
    signal();
  }

  /**
   * Continues on a new connection.
   *
   * @param received number of the last message that the peer has received
   * @param onResumed receives the number of messages that are sent again
   */
  void attach(RingLink established, long received, IntConsumer onResumed) {
    command(
        () -> {
          try {
            onResumed.accept(out.resumeFrom(received));
            link = Optional.of(established);
          } catch (WeftException e) {
            established.close();
            onBroken.accept(this, e);
          }
        });
  }

  /** The connection is closed. */
  void detach(RingLink broken) {
    command(
        () -> {
          if (link.isPresent() && link.get() == broken) {
            link = Optional.empty();
            broken.close();
          }
        });
  }

  /** The peer has made room in the ring. The loop's thread. */
  void goOn() {
    signal();
  }

  /** Sends a goodbye after all queued messages; completes when the peer has received it. */
  CompletableFuture<Void> sayGoodbye() {
    command(
        () -> {
          takeMessages();
          goodbye = Optional.of(OutboundMessage.goodbye(Views.NO_EPOCH));
          out.offer(goodbye.get());
        });
    return farewell;
  }

  /** Completes the goodbye without sending it, because the peer is gone. */
  void skipGoodbye() {
    farewell.complete(null);
  }

  CompletableFuture<Void> farewell() {
    return farewell;
  }

  /** Drops everything; the connection is closed and detached. */
  void end() {
    refusing = true;
    command(out::end);
    farewell.complete(null);
  }

  private void command(Runnable command) {
    commands.add(command);
    signal();
  }

  private void signal() {
    drain.signal();
  }

  // Only the draining thread

  /** One round of the drain loop: the work queued so far, up to the limits of a round. */
  private int work(int signals) {
    runCommands();
    release();
    takeMessages();
    write();
    return signals;
  }

  private void runCommands() {
    for (Runnable c = commands.poll(); c != null; c = commands.poll()) {
      c.run();
    }
  }

  private void release() {
    long received = peerReceived;
    if (received > out.acknowledged() && !out.isEnded()) {
      try {
        out.acknowledge(received);
      } catch (WeftException e) {
        onBroken.accept(this, e);
        return;
      }
      if (goodbye.isPresent()
          && goodbye.get().sequence() > 0
          && goodbye.get().sequence() <= received) {
        farewell.complete(null);
      }
    }
  }

  private void takeMessages() {
    for (int i = 0; i < MAX_TAKEN_AT_ONCE; i++) {
      OutboundMessage message = inbox.poll();
      if (message == null) {
        return;
      }
      try {
        out.offer(message);
      } catch (WeftException e) {
        onBroken.accept(this, e);
      }
    }
    drain.more();
  }

  private void write() {
    if (link.isPresent()) {
      int batches = 0;
      while (link.get().writeBatch(out)) {
        if (++batches == MAX_BATCHES_OF_A_ROUND) {
          drain.more(); // a sending thread must not write without limit
          break;
        }
        takeMessages(); // an urgent message does not wait for the whole queue
      }
      if (acknowledgementAsked) {
        acknowledgementAsked = false;
        if (!link.get().acknowledge()) {
          acknowledgementAsked = true;
        }
      }
    }
  }
}
