// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.metrics.Counter;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.peer.FrameReceiver;
import io.weft.spi.peer.HandshakeSide;
import io.weft.spi.peer.LocalNode;
import io.weft.spi.peer.NodeStop;
import io.weft.spi.peer.Outbox;
import io.weft.spi.peer.PeerConnection;
import io.weft.spi.peer.Services;
import io.weft.spi.peer.SessionTimes;
import io.weft.spi.peer.TransportCounters;
import io.weft.spi.session.HandshakeMessage;
import io.weft.spi.session.InboundSession;
import io.weft.spi.session.LamportClock;
import io.weft.spi.view.Views;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The receiving half of a connection, polled by the test; the peer is a bare ring. */
final class RingConnectionTest {
  private static final Member CALLED = new Member(new NodeId(0), "localhost", 7_101);
  private static final Member CALLER = new Member(new NodeId(1), "localhost", 7_102);
  private static final String CALLED_NAME = FileName.incarnation(CALLED, 5);
  private static final String CALLER_NAME = FileName.incarnation(CALLER, 9);

  @TempDir private Path parent;

  private final List<String> events = new ArrayList<>();
  private final Arena arena = Arena.ofShared();
  private ClusterDirectory directory;
  private FileChannel calledLock;
  private FileChannel callerLock;
  private NodePage callerPage;
  private Wire caller;
  private RingConnection connection;

  /** Records the end. */
  private final class Recorder implements PeerConnection.Holder, HandshakeSide<RingHandshake> {
    @Override
    public Member member() {
      return CALLER;
    }

    @Override
    public void onGoodbye() {
      events.add("goodbye");
    }

    @Override
    public void park(long epoch, int service, ByteBuffer header, MemorySegment payload) {
      events.add("parked");
    }

    @Override
    public void onDisconnected(PeerConnection broken, Optional<Throwable> cause) {
      events.add("closed " + cause.map(Throwable::getMessage).orElse("by the peer"));
    }

    @Override
    public Optional<HandshakeMessage> opening() {
      return Optional.empty();
    }

    @Override
    public void onMessage(RingHandshake handshake, HandshakeMessage message) {}

    @Override
    public void onFailed(WeftException reason) {}
  }

  @BeforeEach
  void connect() throws IOException {
    directory = ClusterDirectory.of(parent.toString(), "test", ClusterDirectory::usable);
    calledLock = directory.live(CALLED_NAME);
    callerLock = directory.live(CALLER_NAME);
    NodePage calledPage = NodePage.make(directory, CALLED_NAME, arena);
    callerPage = NodePage.make(directory, CALLER_NAME, arena);
    caller =
        Wire.make(
            directory, CALLED_NAME, CALLER_NAME, 1, new Wire.Ends(1, 9, 0, 5), Ring.MIN_BYTES);
    caller.call();
    ShmSettings settings = TestSettings.of(parent, Ring.MIN_BYTES, Duration.ofSeconds(5));
    List<Member> members = List.of(CALLED, CALLER);
    PlainMetrics metrics = new PlainMetrics();
    LocalNode local =
        new LocalNode(
            new SessionTimes(
                settings.resumeTime(),
                settings.handshakeTimeout(),
                settings.goodbyeTime(),
                settings.acknowledgeDelay()),
            new NodeSettings("test", CALLED.id(), 5, members, 8_192, Map.of()),
            new LamportClock(),
            Views.fixed(new View(Epoch.FIRST, members)),
            new StorageIdentity(),
            TransportCounters.of(metrics, "batches", "corrupt"));
    ShmLoop loop = new ShmLoop(calledPage, settings, "loop", false, t -> events.add("thrown " + t));
    Wire wire = Wire.open(directory, directory.calls(CALLED_NAME).getFirst(), 0, 5);
    NodeStop stop = new NodeStop(failure -> events.add("failed " + failure));
    Recorder recorder = new Recorder();
    RingHandshake handshake =
        new RingHandshake(recorder, wire, loop, Duration.ofSeconds(5), stop::onThrown);
    Outbox outbox =
        new Outbox(
            loop,
            new ConcurrentLinkedQueue<>(),
            Outbox.Window.NONE,
            (_, _) -> {},
            t -> events.add("thrown " + t));
    Counter wakes = metrics.counter("wakes", "wakes");
    RingLink link = new RingLink(local, wakes, wire, handshake.writer(), 0);
    Services services = new Services(local.counters().messagesReceived(), stop);
    connection =
        new RingConnection(
            recorder,
            loop,
            handshake,
            outbox,
            link,
            new FrameReceiver(recorder, local, services, loop, outbox, link, new InboundSession()),
            _ -> events.add("ended"));
    outbox.attach(connection.link(), 0, _ -> {});
  }

  @AfterEach
  void disconnect() {
    connection.close();
    caller.release();
    caller.release();
    directory.die(CALLED_NAME, calledLock);
    directory.die(CALLER_NAME, callerLock);
    arena.close();
  }

  private static void write(RingWriter writer, int body, int kind) {
    assertTrue(writer.claim(body) >= 0);
    writer.publish(kind);
  }

  /** Otherwise its rest would wait for room that the reader had made without a word. */
  @Test
  void aProducerInTheMiddleOfALongMessageIsWokenWhenItHasRoom() {
    RingWriter writer = caller.writer();
    write(writer, writer.maxBody(), Ring.FRAME | Ring.FIRST);
    writer.askForRoom();
    callerPage.announceSleep();
    connection.poll();
    assertTrue(callerPage.isAwake(), "the producer sleeps although there is room");
    assertEquals(Ring.recordBytes(writer.maxBody()), writer.consumed());
  }

  @Test
  void whatIsHalfWrittenIsForgottenWithItsConnection() {
    write(caller.writer(), 1_000, Ring.FRAME | Ring.FIRST);
    connection.poll();
    assertEquals(List.of(), events);
    caller.hangUp();
    connection.poll();
    assertEquals(List.of("closed by the peer"), events);
  }

  @Test
  void nonsenseBreaksTheConnectionAndNotTheNode() {
    write(caller.writer(), 1_000, Ring.FRAME | Ring.WHOLE);
    connection.poll();
    assertEquals(1, events.size());
    assertTrue(events.getFirst().contains("a record that is no frame"), events::toString);
  }
}
