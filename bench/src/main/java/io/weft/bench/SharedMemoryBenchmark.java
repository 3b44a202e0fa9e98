// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The transport over shared memory beside a bare ring, in the same two processes and in
 * alternation: round trips of one message at a time, and a stream of blocks. Both sides poll. The
 * bare ring has no session; the transport has everything that the engine uses.
 */
final class SharedMemoryBenchmark implements AutoCloseable {
  private static final int SMALL_PINGS = 200;
  private static final int BLOCK_PINGS = 100;
  private static final int STREAMED = 2_000;
  private static final long PATIENCE_SECONDS = 120;

  /** Goal of a round trip of 64 bytes, as a multiple of the bare ring's. */
  private static final double SMALL_RATIO = 1.5;

  /** Goal of a round trip with a block, as a multiple of the bare ring's. */
  private static final double BLOCK_RATIO = 2;

  /** Goal of the stream, as a share of the bare ring's. */
  private static final double STREAM_SHARE = 0.6;

  private enum Trip {
    BARE_SMALL,
    SMALL,
    BARE_BLOCK,
    BLOCK
  }

  private final Path directory;
  private final Process peer;
  private final PrintStream orders;
  private final BufferedReader answers;
  private final BareRing bare;
  private final Transport transport;
  private final MemorySegment taken = Arena.global().allocate(PlainSocket.REPLY_BYTES);
  private final Payload block =
      SharedMemoryPeer.payload(Arena.global().allocate(PlainSocket.REPLY_BYTES));
  private final Rounds<Trip> small = new Rounds<>(Trip.BARE_SMALL);
  private final Rounds<Trip> blocks = new Rounds<>(Trip.BARE_BLOCK);
  private final List<double[]> streams = new ArrayList<>();

  private volatile Pinging pinging = new Pinging(0, 0);

  /** A sequence of round trips; each answer sends the next request, on the receiving thread. */
  private final class Pinging {
    private final long[] nanos;
    private final int headerBytes;
    private final CountDownLatch done = new CountDownLatch(1);
    private int next;
    private long sentNs;

    Pinging(int count, int headerBytes) {
      nanos = new long[count];
      this.headerBytes = headerBytes;
    }

    void send() {
      sentNs = System.nanoTime();
      transport.send(
          1,
          SharedMemoryPeer.SERVICE,
          Lane.REQUEST,
          Views.NO_EPOCH,
          new byte[headerBytes],
          Payload.NONE);
    }

    void answered() {
      nanos[next++] = System.nanoTime() - sentNs;
      if (next < nanos.length) {
        send();
      } else {
        done.countDown();
      }
    }
  }

  private SharedMemoryBenchmark() throws IOException, InterruptedException {
    directory = Files.createTempDirectory(Path.of("/dev/shm"), "weft-bench");
    bare = new BareRing(directory.resolve("bare"), true);
    CountDownLatch connected = new CountDownLatch(1);
    transport =
        SharedMemoryPeer.transport(
            directory,
            0,
            (_, _, image) -> {
              if (image.byteSize() > 0) {
                MemorySegment.copy(image, 0, taken, 0, image.byteSize());
              }
              pinging.answered();
            },
            connected);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(SharedMemoryPeer.class.getName(), directory.toString()));
    peer = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    orders = new PrintStream(peer.getOutputStream(), true, StandardCharsets.UTF_8);
    answers =
        new BufferedReader(new InputStreamReader(peer.getInputStream(), StandardCharsets.UTF_8));
    expect("ready");
    connected.await();
  }

  private void expect(String answer) throws IOException {
    String got = answers.readLine();
    if (!answer.equals(got)) {
      throw new IllegalStateException("the peer says " + got + " instead of " + answer);
    }
  }

  private void order(String word) {
    try {
      orders.print(word + "\n");
      orders.flush();
      expect("ok");
    } catch (IOException e) {
      throw new IllegalStateException("no answer of the peer", e);
    }
  }

  static List<Figure> run() throws IOException, InterruptedException {
    try (SharedMemoryBenchmark benchmark = new SharedMemoryBenchmark()) {
      benchmark.small.run(benchmark::smallRound);
      benchmark.blocks.run(benchmark::blockRound);
      for (int i = 0; i < 20; i++) {
        benchmark.streamRound();
      }
      return benchmark.figures();
    }
  }

  private void smallRound() {
    order("bare");
    small.record(Trip.BARE_SMALL, bare(SMALL_PINGS, PlainSocket.REQUEST_BYTES));
    order("weft");
    small.record(Trip.SMALL, ping(SMALL_PINGS, PlainSocket.REQUEST_BYTES));
  }

  private void blockRound() {
    order("bare");
    blocks.record(Trip.BARE_BLOCK, bare(BLOCK_PINGS, SharedMemoryPeer.ASKS_FOR_BLOCK));
    order("weft");
    blocks.record(Trip.BLOCK, ping(BLOCK_PINGS, SharedMemoryPeer.ASKS_FOR_BLOCK));
  }

  private long[] bare(int count, int bytes) {
    long[] nanos = new long[count];
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      bare.send(bytes);
      bare.await();
      nanos[i] = System.nanoTime() - start;
    }
    return nanos;
  }

  private long[] ping(int count, int headerBytes) {
    Pinging next = new Pinging(count, headerBytes);
    pinging = next;
    next.send();
    await(next.done);
    return next.nanos;
  }

  private void streamRound() {
    order("drain");
    long start = System.nanoTime();
    for (int i = 0; i < STREAMED; i++) {
      bare.send(PlainSocket.REPLY_BYTES);
    }
    bare.awaitEmpty();
    double plain = rate(System.nanoTime() - start);
    order("weft");
    CountDownLatch released = new CountDownLatch(STREAMED);
    Payload counted =
        new Payload() {
          @Override
          public MemorySegment segment() {
            return block.segment();
          }

          @Override
          public void released() {
            released.countDown();
          }
        };
    start = System.nanoTime();
    for (int i = 0; i < STREAMED; i++) {
      transport.send(
          1,
          SharedMemoryPeer.SERVICE,
          Lane.RESPONSE,
          Views.NO_EPOCH,
          new byte[SharedMemoryPeer.ASKS_FOR_NOTHING],
          counted);
    }
    await(released);
    streams.add(new double[] {plain, rate(System.nanoTime() - start)});
  }

  /** GB in a second. */
  private static double rate(long ns) {
    return (double) STREAMED * PlainSocket.REPLY_BYTES / ns;
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("no answer in " + PATIENCE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  private List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    add(figures, small, Trip.BARE_SMALL, "bareRingSmall", "bare ring, 64 B");
    add(figures, small, Trip.SMALL, "shmSmall", "shared memory, 64 B");
    figures.add(
        Figure.of("shmSmallRatio", "shared memory / bare, 64 B", small.ratio(Trip.SMALL), "x")
            .atMost(SMALL_RATIO));
    add(figures, blocks, Trip.BARE_BLOCK, "bareRingBlock", "bare ring, 8 KiB reply");
    add(figures, blocks, Trip.BLOCK, "shmBlock", "shared memory, 8 KiB reply");
    figures.add(
        Figure.of("shmBlockRatio", "shared memory / bare, 8 KiB", blocks.ratio(Trip.BLOCK), "x")
            .atMost(BLOCK_RATIO));
    figures.add(stream("bareRingStream", "bare ring, stream of 8 KiB", 0));
    figures.add(stream("shmStream", "shared memory, stream of 8 KiB", 1));
    double share = median(streams.stream().mapToDouble(s -> s[1] / s[0]).toArray());
    figures.add(
        Figure.of("shmStreamShare", "shared memory / bare, stream", share, "x")
            .atLeast(STREAM_SHARE));
    return figures;
  }

  private static void add(
      List<Figure> figures, Rounds<Trip> rounds, Trip trip, String key, String text) {
    figures.add(Figure.of(key + "P50Us", text + ", p50", rounds.micros(trip, 50), "us"));
    figures.add(Figure.of(key + "P99Us", text + ", p99", rounds.micros(trip, 99), "us"));
  }

  private Figure stream(String key, String text, int of) {
    double[] rates = streams.stream().mapToDouble(s -> s[of]).toArray();
    return Figure.of(key + "Rate", text, median(rates), "GB/s");
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  @Override
  public void close() throws IOException {
    orders.close();
    // the peer ends when its standard input does
    peer.onExit().join();
    transport.close();
    bare.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
