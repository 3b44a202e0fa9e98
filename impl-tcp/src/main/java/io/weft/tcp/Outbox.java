// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.weft.api.WeftException;
import io.weft.spi.runtime.DrainLoop;
import io.weft.spi.session.OutboundMessage;
import io.weft.spi.session.OutboundSession;
import io.weft.spi.view.Views;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;

/**
 * The sending half of one session with a peer, open to all threads: whoever finds it idle runs it
 * on the spot, others leave their work to the one who is in it. Messages may be queued before the
 * session begins; once it has ended they are dropped.
 *
 * <pre>
 *   messages, acknowledgements, commands --> [ signals > 0: somebody is in ]
 *                                              commands, releases, lanes, writes
 * </pre>
 *
 * <p>So a thread that sends to an idle connection writes to the socket itself and wakes nobody
 * here. If the connection can only be written by its event loop, or the thread has written for long
 * enough for others ({@link DrainLoop}), the loop is woken to run the outbox, once for all that
 * waits.
 */
final class Outbox implements IoLoop.Batched, Link.Owner {
  private static final int CHUNK = 256;
  private static final int MAX_TAKEN_AT_ONCE = 1_024;
  private static final int MAX_ROUNDS_OF_A_SENDER = 8;
  private static final int MAX_BATCHES_OF_A_ROUND = 16;

  private final IoLoop loop;
  private final BiConsumer<Outbox, WeftException> onBroken;
  private final long batchWindowNs;
  private final int batchMaxMessages;

  // Any thread.
  private final MpscUnboundedVarHandleArrayQueue<OutboundMessage> inbox =
      new MpscUnboundedVarHandleArrayQueue<>(CHUNK);
  private final ConcurrentLinkedQueue<Runnable> commands = new ConcurrentLinkedQueue<>();
  private final DrainLoop drain;
  private final AtomicInteger batched = new AtomicInteger();
  private final CompletableFuture<Void> farewell = new CompletableFuture<>();
  private final Runnable signalTask = this::signal;
  private volatile long peerReceived;
  private volatile boolean acknowledgementAsked;
  private volatile boolean refusing;
  private volatile boolean bound;

  // The event loop.
  private boolean touched;

  // Whoever is in.
  private final OutboundSession out = new OutboundSession();
  private Optional<Link> link = Optional.empty();
  private Optional<OutboundMessage> goodbye = Optional.empty();

  /**
   * Makes an idle outbox.
   *
   * @param onBroken told on any thread that the session cannot go on
   * @param onThrown told on any thread what is thrown here
   */
  Outbox(
      IoLoop loop,
      TcpSettings settings,
      BiConsumer<Outbox, WeftException> onBroken,
      Consumer<Throwable> onThrown) {
    this.loop = loop;
    this.onBroken = onBroken;
    this.batchWindowNs = settings.batchWindow().toNanos();
    this.batchMaxMessages = settings.batchMaxMessages();
    this.drain =
        new DrainLoop(
            this::work, MAX_ROUNDS_OF_A_SENDER, loop.eventLoop(), System::nanoTime, onThrown);
  }

  // Any thread

  /** Whether messages are dropped. */
  boolean isRefusing() {
    return refusing;
  }

  /** Whether the session has begun; before that the peer may never come. */
  boolean isBound() {
    return bound;
  }

  /** The session begins. */
  void bind() {
    bound = true;
  }

  /** Drops messages from now on; what is queued stays. */
  void refuse() {
    refusing = true;
  }

  /** Queues a message and sees to it that it leaves. */
  void send(OutboundMessage message) {
    queue(message);
    signalQueued();
  }

  /** Queues a message; {@link #signalQueued} has to follow. */
  void queue(OutboundMessage message) {
    inbox.offer(message);
  }

  /** Sees to it that what is queued leaves. */
  void signalQueued() {
    if (batchWindowNs > 0) {
      signalAfterWindow();
    } else {
      signalSoon();
    }
  }

  private void signalAfterWindow() {
    int company = batched.incrementAndGet();
    try {
      if (company == 1) {
        loop.eventLoop().schedule(signalTask, batchWindowNs, TimeUnit.NANOSECONDS);
      } else if (company == batchMaxMessages) {
        signal();
      }
    } catch (RejectedExecutionException e) {
      signal();
    }
  }

  /** Signals now, or at the end of the read batch that this thread is handling. */
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

  /** The peer has received everything up to {@code sequence}. Event loop. */
  void acknowledged(long sequence) {
    if (sequence > peerReceived) {
      peerReceived = sequence;
      signalSoon();
    }
  }

  /** Sends an acknowledgement even if there is no message for it to ride on. */
  void acknowledge() {
    acknowledgementAsked = true;
    signal();
  }

  /**
   * Continues on a new connection.
   *
   * @param received what the peer has received
   * @param onResumed told how many messages are sent again
   */
  void attach(Link established, long received, IntConsumer onResumed) {
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
  void detach(Link broken) {
    command(
        () -> {
          if (link.isPresent() && link.get() == broken) {
            link = Optional.empty();
            broken.close();
          }
        });
  }

  @Override
  public void unblock(Link unblocked) {
    command(unblocked::unblock);
  }

  /** Says goodbye behind everything that is queued; completes when the peer has received it. */
  CompletableFuture<Void> sayGoodbye() {
    command(
        () -> {
          takeMessages();
          goodbye = Optional.of(OutboundMessage.goodbye(Views.NO_EPOCH));
          out.offer(goodbye.get());
        });
    return farewell;
  }

  /** There is nobody left to say goodbye to. */
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

  // Whoever is in

  /** A round: everything that there is by now, but no more than a round's share. */
  private int work(int signals) {
    boolean wrongThread = !loop.isCurrent() && !loop.eventLoop().isShutdown();
    if (wrongThread && needsLoop()) {
      return 0;
    }
    runCommands();
    if (loop.isCurrent() || !needsLoop()) {
      release();
      takeMessages();
      write();
    } else if (wrongThread) {
      return 0; // a command has just brought the link
    }
    return signals;
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
    batched.set(0);
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
          drain.more(); // who writes must get out of here, too
          break;
        }
        takeMessages(); // an urgent one does not wait for all that is queued
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
