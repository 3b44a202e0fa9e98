// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.peer;

import io.weft.api.WeftException;
import io.weft.spi.runtime.DrainLoop;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.OutboundSession;
import io.weft.spi.view.Views;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

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
 * <p>So a thread that sends on an idle connection writes it itself and wakes no other thread of its
 * process. If only the loop of the peer can write the connection, or the thread has reached its
 * limit of work for others ({@link DrainLoop}), the loop is woken once and drains the rest. What
 * the connection does not take waits in the session until {@link #signal}.
 */
public final class Outbox implements PeerLoop.Batched {
  /** Decides when queued messages leave. Called by any thread. */
  public interface Window {
    /** Messages leave at once, or at the end of the batch that their sender is handling. */
    Window NONE =
        new Window() {
          @Override
          public boolean holds(Runnable signal) {
            return false;
          }

          @Override
          public void emptied() {}
        };

    /**
     * Whether messages that have just been queued wait for others; then {@code signal} is run when
     * they are to leave.
     */
    boolean holds(Runnable signal);

    /** The queued messages are about to leave. */
    void emptied();
  }

  /** Most messages moved from the inbox to the session in one round. */
  private static final int MAX_TAKEN_AT_ONCE = 1_024;

  /** Rounds after which a sending thread leaves the rest to the loop. */
  private static final int MAX_ROUNDS_OF_A_SENDER = 8;

  /** Batches written in one round before new messages are taken. */
  private static final int MAX_BATCHES_OF_A_ROUND = 16;

  private final PeerLoop loop;
  private final Window window;
  private final BiConsumer<Outbox, WeftException> onBroken;

  // Any thread.
  private final Queue<OutboundMessage> inbox;
  private final ConcurrentLinkedQueue<Runnable> commands = new ConcurrentLinkedQueue<>();
  private final DrainLoop drain;
  private final CompletableFuture<Void> farewell = new CompletableFuture<>();
  private final Runnable signalTask = this::signal;
  private volatile long peerReceived;
  private volatile boolean acknowledgementAsked;
  private volatile boolean refusing;
  private volatile boolean bound;

  // The loop's thread.
  private boolean touched;

  // Only the draining thread.
  private final OutboundSession out = new OutboundSession();
  private Optional<FrameLink> link = Optional.empty();
  private Optional<OutboundMessage> goodbye = Optional.empty();

  /**
   * Creates an idle outbox.
   *
   * @param loop the loop of the peer
   * @param inbox an empty queue without bound, for many threads that offer and one that polls
   * @param window decides when queued messages leave
   * @param onBroken called on any thread when the session cannot continue
   * @param onThrown called on any thread with an exception of the drain loop
   */
  public Outbox(
      PeerLoop loop,
      Queue<OutboundMessage> inbox,
      Window window,
      BiConsumer<Outbox, WeftException> onBroken,
      Consumer<Throwable> onThrown) {
    this.loop = loop;
    this.inbox = inbox;
    this.window = window;
    this.onBroken = onBroken;
    this.drain =
        new DrainLoop(
            this::work, MAX_ROUNDS_OF_A_SENDER, loop.unguarded(), loop::nanoTime, onThrown);
  }

  // Any thread

  /** Whether messages are dropped. */
  public boolean isRefusing() {
    return refusing;
  }

  /** Whether the session has begun; before that the peer may never connect. */
  public boolean isBound() {
    return bound;
  }

  /** The session begins. */
  public void bind() {
    bound = true;
  }

  /** Drops messages from now on; queued messages stay. */
  public void refuse() {
    refusing = true;
  }

  /** Queues a message and has it sent. */
  public void send(OutboundMessage message) {
    queue(message);
    signalQueued();
  }

  /** Queues a message; {@link #signalQueued} has to follow. */
  public void queue(OutboundMessage message) {
    inbox.offer(message);
  }

  /** Has the queued messages sent. */
  public void signalQueued() {
    if (!window.holds(signalTask)) {
      signalSoon();
    }
  }

  /** Signals now, or at the end of the batch that this thread is handling. */
  private void signalSoon() {
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
  public void acknowledged(long sequence) {
    if (sequence > peerReceived) {
      peerReceived = sequence;
      signalSoon();
    }
  }

  /** Sends an acknowledgement, even if no message can carry it. */
  public void acknowledge() {
    acknowledgementAsked = true;
    signal();
  }

  /**
   * Continues on a new connection.
   *
   * @param received number of the last message that the peer has received
   * @param onResumed receives the number of messages that are sent again
   */
  public void attach(FrameLink established, long received, IntConsumer onResumed) {
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
  public void detach(FrameLink broken) {
    command(
        () -> {
          if (link.isPresent() && link.get() == broken) {
            link = Optional.empty();
            broken.close();
          }
        });
  }

  /** Runs a task on the draining thread, before further messages are written. */
  public void command(Runnable command) {
    commands.add(command);
    signal();
  }

  /** Goes on with what waits, because the connection takes more. */
  public void signal() {
    drain.signal();
  }

  /** Sends a goodbye after all queued messages; completes when the peer has received it. */
  public CompletableFuture<Void> sayGoodbye() {
    command(
        () -> {
          takeMessages();
          goodbye = Optional.of(OutboundMessage.goodbye(Views.NO_EPOCH));
          out.offer(goodbye.get());
        });
    return farewell;
  }

  /** Completes the goodbye without sending it, because the peer is gone. */
  public void skipGoodbye() {
    farewell.complete(null);
  }

  /** Completes when the peer has received the goodbye, or cannot receive it any more. */
  public CompletableFuture<Void> farewell() {
    return farewell;
  }

  /** Drops everything; the connection is closed and detached. */
  public void end() {
    refusing = true;
    command(out::end);
    farewell.complete(null);
  }

  // Only the draining thread

  /** One round of the drain loop: the work queued so far, up to the limits of a round. */
  private int work(int signals) {
    if (needsOtherThread()) {
      return 0;
    }
    runCommands();
    if (needsOtherThread()) {
      return 0; // a command has just attached the link
    }
    if (!needsLoop() || loop.isCurrent()) {
      release();
      takeMessages();
      write();
    }
    return signals;
  }

  private boolean needsOtherThread() {
    return needsLoop() && !loop.isCurrent() && !loop.isEnded();
  }

  private boolean needsLoop() {
    return link.isPresent() && link.get().isLoopOnly();
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
    window.emptied();
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
