// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.plugin.tck.doubles.CountedPayload;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.Payload;
import io.weft.spi.view.Views;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A peer in another process that ends, is killed, or is paused. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ProcessesTest {
  private static final int BLOCK = 8_192;

  @TempDir private Path directory;

  private final BlockingQueue<String> news = new LinkedBlockingQueue<>();
  private final AtomicInteger answers = new AtomicInteger();
  private final CountDownLatch released = new CountDownLatch(4 * PeerProcess.RING_BYTES / BLOCK);
  private ShmTransport node;
  private Process peer;

  @BeforeEach
  void connect() throws Exception {
    node = PeerProcess.transport(directory, 0, 1, (_, _, _) -> answers.incrementAndGet(), news);
    peer = PeerProcess.start(directory, 5);
    assertNews("connected n1.5");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    peer.destroyForcibly().waitFor();
    node.abort(); // no goodbye to a peer that has been killed
    try (Stream<Path> left = Files.walk(directory)) {
      assertEquals(List.of(directory), left.toList());
    }
  }

  private void assertNews(String expected) throws InterruptedException {
    assertEquals(expected, news.poll(60, TimeUnit.SECONDS));
  }

  private void await(int expected) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (answers.get() < expected && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(100_000);
    }
    assertEquals(expected, answers.get());
  }

  private void send(int count, Payload payload) {
    for (int i = 0; i < count; i++) {
      node.send(1, PeerProcess.SERVICE, Lane.RESPONSE, Views.NO_EPOCH, new byte[8], payload);
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile)
          .map(f -> f.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void answersComeFromTheOtherProcess() throws Exception {
    send(1_000, Payload.NONE);
    await(1_000);
    assertEquals(
        List.of("n0-7101.1.lock", "n0-7101.1.node", "n1-7102.5.lock", "n1-7102.5.node"),
        files(),
        "an established connection has no file");
    peer.getOutputStream().close();
    assertNews("goodbye n1.5");
    assertEquals(0, peer.waitFor());
  }

  @Test
  void killedPeerIsNoticedItsFilesGoAndTheNextOneIsWelcome() throws Exception {
    send(10, Payload.NONE);
    await(10);
    peer.destroyForcibly();
    assertNews("broken n1.5");
    assertEquals(List.of("n0-7101.1.lock", "n0-7101.1.node"), files());
    peer = PeerProcess.start(directory, 6);
    assertNews("lost n1.5");
    assertNews("connected n1.6");
    send(10, Payload.NONE);
    await(20);
  }

  @Test
  void pausedPeerHoldsBackMessagesWithoutGrowthAndGetsThemLater() throws Exception {
    signal("STOP");
    int count = (int) released.getCount();
    MemorySegment image = CountedPayload.filled(BLOCK, (byte) 3, () -> {}).segment();
    send(count, payload(image));
    assertEquals(count, released.getCount(), "nothing is acknowledged");
    assertTrue(news.isEmpty(), news::toString);
    signal("CONT");
    await(count);
    assertTrue(released.await(60, TimeUnit.SECONDS), () -> released.getCount() + " are missing");
    assertTrue(news.isEmpty(), news::toString);
  }

  @Test
  void peerKilledWhilePausedAndFullGivesEverythingBack() throws Exception {
    signal("STOP");
    MemorySegment image = CountedPayload.filled(BLOCK, (byte) 3, () -> {}).segment();
    send((int) released.getCount(), payload(image));
    peer.destroyForcibly();
    assertNews("broken n1.5");
    node.evict(1, 5);
    assertTrue(released.await(60, TimeUnit.SECONDS), () -> released.getCount() + " are missing");
  }

  private Payload payload(MemorySegment image) {
    return new Payload() {
      @Override
      public MemorySegment segment() {
        return image;
      }

      @Override
      public void released() {
        released.countDown();
      }
    };
  }

  private void signal(String name) throws Exception {
    assertEquals(
        0, new ProcessBuilder("kill", "-" + name, Long.toString(peer.pid())).start().waitFor());
  }
}
