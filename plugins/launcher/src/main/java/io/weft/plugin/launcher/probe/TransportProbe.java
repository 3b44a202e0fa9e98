// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.assembly.LonePart;
import io.weft.plugin.assembly.Plan;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A transport between two processes: node 0 measures, node 1 answers. All messages have a header of
 * 64 bytes:
 *
 * <pre>
 *   0  u8   kind: what the receiver does
 *   1  u8   lane of the answer
 *   2  u8   binary logarithm of the batch of a stream
 *   8  i64  in an answer about processor time, nanoseconds
 * </pre>
 */
final class TransportProbe implements Probe {
  private static final int SERVICE = 7;
  private static final int OTHER_BITS = 1;
  private static final int HEADER_BYTES = 64;
  private static final int BLOCK_BYTES = 8 << 10;
  private static final int MOST_PAYLOAD = 64 << 10;
  private static final long PATIENCE_SECONDS = 30;

  /** Bytes of a batch of a stream, at most. */
  private static final int BATCH_BYTES = 1 << 20;

  private static final int MOST_BATCH_BITS = 8;
  private static final int BATCHES = 2;

  /** Batches that fill a lane: more than a transport puts into a socket or a ring. */
  private static final int FILLING_BATCHES = 8;

  // What the receiver of a message does.
  private static final byte ANSWER = 0;
  private static final byte ANSWER_WITH_BLOCK = 1;
  private static final byte COUNT = 2;
  private static final byte TELL_PROCESSOR_TIME = 3;
  private static final byte TAKE_ANSWER = 4;
  private static final byte TAKE_COUNTED = 5;
  private static final byte TAKE_PROCESSOR_TIME = 6;

  private final LonePart<Transport> lone;
  private final Transport transport;
  private final int self;
  private final MemorySegment block = Arena.global().allocate(MOST_PAYLOAD);
  private final MemorySegment taken = Arena.global().allocate(MOST_PAYLOAD);
  private final CompletableFuture<WeftException> failure = new CompletableFuture<>();
  private final Semaphore batches = new Semaphore(0);
  private final AtomicInteger[] counted = new AtomicInteger[MOST_BATCH_BITS + 1];
  private volatile Pinging pinging = new Pinging(ANSWER, Lane.REQUEST, 0);
  private volatile CompletableFuture<Long> told = new CompletableFuture<>();

  /** Round trips, one at a time; each answer sends the next request, on the receiving thread. */
  private final class Pinging {
    private final byte kind;
    private final Lane lane;
    private final long end;
    private final Times times = new Times();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private long sentNs;

    Pinging(byte kind, Lane lane, long end) {
      this.kind = kind;
      this.lane = lane;
      this.end = end;
    }

    void send() {
      sentNs = System.nanoTime();
      TransportProbe.this.send(kind, lane, 0, Payload.NONE);
    }

    void answered() {
      long now = System.nanoTime();
      times.add(now - sentNs);
      if (now - end < 0) {
        send();
      } else {
        done.complete(null);
      }
    }
  }

  /** Starts the transport, and waits for the other process. */
  static TransportProbe of(Plan plan) throws TimeoutException, InterruptedException {
    TransportProbe probe = new TransportProbe(plan);
    try {
      probe.connect();
      return probe;
    } catch (TimeoutException | RuntimeException e) {
      probe.lone.close();
      throw e;
    }
  }

  private TransportProbe(Plan plan) {
    for (int i = 0; i < counted.length; i++) {
      counted[i] = new AtomicInteger();
    }
    self = plan.nodeId().value();
    lone = plan.alone(Transport.class);
    transport = lone.part();
    lone.failure().thenAccept(failure::complete);
  }

  private void connect() throws TimeoutException, InterruptedException {
    CompletableFuture<Void> connected = new CompletableFuture<>();
    transport.register(SERVICE, this::onMessage);
    transport.start(
        new PeerListener() {
          @Override
          public void onConnected(NodeId peer, long incarnation) {
            connected.complete(null);
          }

          @Override
          public void onGoodbye(NodeId peer, long incarnation) {}

          @Override
          public void onLost(NodeId peer, long incarnation, WeftException reason) {
            failure.complete(reason);
          }
        });
    await(connected, "a session with the other process");
  }

  private void onMessage(int from, ByteBuffer header, MemorySegment image) {
    int at = header.position();
    if (image.byteSize() > 0) {
      MemorySegment.copy(image, 0, taken, 0, image.byteSize());
    }
    byte kind = header.get(at);
    Lane lane = Lane.values()[header.get(at + 1)];
    switch (kind) {
      case ANSWER -> send(TAKE_ANSWER, lane, 0, Payload.NONE);
      case ANSWER_WITH_BLOCK -> send(TAKE_ANSWER, lane, 0, payload(BLOCK_BYTES));
      case COUNT -> count(header.get(at + 2));
      case TELL_PROCESSOR_TIME -> send(TAKE_PROCESSOR_TIME, lane, ProcessorTime.ns());
      case TAKE_ANSWER -> pinging.answered();
      case TAKE_COUNTED -> batches.release();
      case TAKE_PROCESSOR_TIME -> told.complete(header.getLong(at + 8));
      default -> throw new IllegalStateException("a message of the unknown kind " + kind);
    }
  }

  /** Counts the messages of streams, which come in any order, and answers each whole batch. */
  private void count(int batchBits) {
    if (counted[batchBits].incrementAndGet() % (1 << batchBits) == 0) {
      send(TAKE_COUNTED, Lane.CONTROL, 0, Payload.NONE);
    }
  }

  private void send(byte kind, Lane lane, int batchBits, Payload payload) {
    byte[] header = new byte[HEADER_BYTES];
    header[0] = kind;
    header[1] = (byte) lane.ordinal();
    header[2] = (byte) batchBits;
    transport.send(self ^ OTHER_BITS, SERVICE, lane, Views.NO_EPOCH, header, payload);
  }

  private void send(byte kind, Lane lane, long number) {
    byte[] header = new byte[HEADER_BYTES];
    header[0] = kind;
    ByteBuffer.wrap(header).putLong(8, number);
    transport.send(self ^ OTHER_BITS, SERVICE, lane, Views.NO_EPOCH, header, Payload.NONE);
  }

  /** A payload that is never changed, so that it may be sent any number of times at once. */
  private Payload payload(int bytes) {
    MemorySegment segment = block.asSlice(0, bytes);
    return new Payload() {
      @Override
      public MemorySegment segment() {
        return segment;
      }

      @Override
      public void released() {}
    };
  }

  @Override
  public List<MeasuredValue> measure(String step, long millis, int round)
      throws TimeoutException, InterruptedException {
    String[] words = step.split(":");
    return switch (words[0]) {
      case "roundTrip" -> roundTrips("roundTrip", ANSWER, "round trip, 64 B", millis);
      case "blockTrip" ->
          roundTrips("blockTrip", ANSWER_WITH_BLOCK, "round trip with 8 KiB", millis);
      case "stream" -> stream(Integer.parseInt(words[1]), millis);
      case "lanes" -> lanes(millis);
      case "idle" -> idle(millis);
      default -> throw new IllegalArgumentException("unknown step " + step);
    };
  }

  private List<MeasuredValue> roundTrips(String question, byte kind, String name, long millis)
      throws TimeoutException, InterruptedException {
    long processor = processorNs();
    Times times = ping(kind, Lane.REQUEST, millis);
    double each = (double) (processorNs() - processor) / times.count();
    List<MeasuredValue> readings = new ArrayList<>(times.percentiles(question));
    readings.add(new MeasuredValue("processor", name, each / 1e3, times.count()));
    return readings;
  }

  private Times ping(byte kind, Lane lane, long millis)
      throws TimeoutException, InterruptedException {
    Pinging next = new Pinging(kind, lane, System.nanoTime() + millis * 1_000_000);
    pinging = next;
    next.send();
    await(next.done, "the answer to a message");
    return next.times;
  }

  /** The processor time of both processes. */
  private long processorNs() throws TimeoutException, InterruptedException {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    told = answer;
    send(TELL_PROCESSOR_TIME, Lane.CONTROL, 0, Payload.NONE);
    await(answer, "the processor time of the other process");
    return answer.join() + ProcessorTime.ns();
  }

  private List<MeasuredValue> stream(int bytes, long millis)
      throws TimeoutException, InterruptedException {
    long processor = processorNs();
    long begin = System.nanoTime();
    long sent = new Stream(bytes, BATCHES).run(begin + millis * 1_000_000);
    double seconds = (System.nanoTime() - begin) / 1e9;
    double each = (double) (processorNs() - processor) / sent;
    List<MeasuredValue> readings = new ArrayList<>();
    readings.add(new MeasuredValue("messages", "" + bytes, sent / seconds, sent));
    readings.add(
        new MeasuredValue("bytes", "" + bytes, sent * (double) bytes / 1e6 / seconds, sent));
    if (bytes == HEADER_BYTES || bytes == BLOCK_BYTES) {
      String name = bytes == HEADER_BYTES ? "message, 64 B" : "message, 8 KiB";
      readings.add(new MeasuredValue("processor", name, each / 1e3, sent));
    }
    return readings;
  }

  /** Messages one way. The receiver answers batches, so that a bounded number is under way. */
  private final class Stream {
    private final int batchBits;
    private final Payload payload;
    private final int underWay;
    private volatile boolean ends;

    Stream(int bytes, int underWay) {
      this.underWay = underWay;
      int most = Math.min(1 << MOST_BATCH_BITS, Math.max(1, BATCH_BYTES / bytes));
      batchBits = 31 - Integer.numberOfLeadingZeros(most);
      payload = bytes == HEADER_BYTES ? Payload.NONE : payload(bytes);
    }

    /** Sends until a moment, and waits until all has arrived; the number of messages. */
    long run(long end) throws TimeoutException, InterruptedException {
      long sent = 0;
      batches.drainPermits();
      batches.release(underWay);
      while (!ends && System.nanoTime() - end < 0) {
        takeBatch();
        for (int i = 0; i < 1 << batchBits; i++) {
          send(COUNT, Lane.REQUEST, batchBits, payload);
        }
        sent += 1L << batchBits;
      }
      for (int i = 0; i < underWay; i++) {
        takeBatch();
      }
      return sent;
    }

    private void takeBatch() throws TimeoutException, InterruptedException {
      for (int i = 0; i < PATIENCE_SECONDS; i++) {
        if (batches.tryAcquire(1, TimeUnit.SECONDS)) {
          return;
        }
        throwFailure();
      }
      throw new TimeoutException("messages have not arrived in " + PATIENCE_SECONDS + " s");
    }
  }

  /** Round trips in the highest and the lowest lane while a stream fills the lowest one. */
  private List<MeasuredValue> lanes(long millis) throws TimeoutException, InterruptedException {
    List<MeasuredValue> readings = new ArrayList<>();
    long part = Math.max(1, millis / 3);
    Times alone = ping(ANSWER, Lane.CONTROL, part);
    readings.addAll(alone.median("lanes", "high lane, nothing else"));
    Stream bulk = new Stream(BLOCK_BYTES, FILLING_BATCHES);
    CompletableFuture<Long> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("weft-compare-bulk")
        .start(
            () -> {
              try {
                ended.complete(bulk.run(System.nanoTime() + TimeUnit.HOURS.toNanos(1)));
              } catch (TimeoutException | InterruptedException | RuntimeException e) {
                ended.completeExceptionally(e);
              }
            });
    Times high = ping(ANSWER, Lane.CONTROL, part);
    Times low = ping(ANSWER, Lane.REQUEST, part);
    bulk.ends = true;
    await(ended, "the end of a stream");
    readings.addAll(high.median("lanes", "high lane, low lane full"));
    readings.addAll(low.median("lanes", "low lane, itself full"));
    return readings;
  }

  private List<MeasuredValue> idle(long millis) throws TimeoutException, InterruptedException {
    long processor = processorNs();
    long begin = System.nanoTime();
    Thread.sleep(millis);
    double used = (double) (processorNs() - processor) / (System.nanoTime() - begin);
    return List.of(new MeasuredValue("idle", "each node", 100 * used / 2, 1));
  }

  private void throwFailure() {
    if (failure.isDone()) {
      throw failure.join();
    }
  }

  private void await(CompletableFuture<?> done, String what)
      throws TimeoutException, InterruptedException {
    try {
      CompletableFuture.anyOf(done, failure).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      TimeoutException longer =
          new TimeoutException("no " + what + " after " + PATIENCE_SECONDS + " s");
      longer.initCause(e);
      throw longer;
    } catch (ExecutionException e) {
      throw new IllegalStateException(String.valueOf(e.getCause()), e.getCause());
    }
    throwFailure();
  }

  @Override
  public void close() {
    lone.close();
  }
}
