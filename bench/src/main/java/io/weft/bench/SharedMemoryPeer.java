// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.metrics.hdr.HdrMetrics;
import io.weft.shm.ShmModule;
import io.weft.shm.ShmSettings;
import io.weft.spi.metrics.Metrics;
import io.weft.spi.node.NodeFailure;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.plugin.ByteSize;
import io.weft.spi.session.LamportClock;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.Transport;
import io.weft.spi.view.Views;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * The answering process of {@link SharedMemoryBenchmark}, and what both processes have: a transport
 * over shared memory whose receiving thread spins for 1 ms, so that it sleeps while the bare ring
 * is measured. Arguments: the directory. It does what it is told on standard input, one word a
 * line:
 *
 * <pre>
 *   bare     answer on the bare ring: a request of 64 bytes with as many, a shorter one with a block
 *   weft     let the transport answer alone
 *   drain    take what comes on the bare ring
 * </pre>
 */
public final class SharedMemoryPeer {
  /** Service of the messages. */
  static final int SERVICE = 7;

  /** Bytes of a header that asks for a block. */
  static final int ASKS_FOR_BLOCK = 16;

  /** Bytes of a header that asks for nothing. */
  static final int ASKS_FOR_NOTHING = 24;

  private static final List<Member> MEMBERS =
      List.of(
          new Member(new NodeId(0), "localhost", 7_101),
          new Member(new NodeId(1), "localhost", 7_102));

  private static volatile String order = "weft";

  private SharedMemoryPeer() {}

  /** Answers until standard input ends. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path directory = Path.of(arguments[0]);
    MemorySegment block = Arena.global().allocate(PlainSocket.REPLY_BYTES);
    MemorySegment taken = Arena.global().allocate(PlainSocket.REPLY_BYTES);
    Payload payload = payload(block);
    Transport[] self = new Transport[1];
    CountDownLatch connected = new CountDownLatch(1);
    self[0] =
        transport(
            directory,
            1,
            (_, header, image) -> {
              if (image.byteSize() > 0) {
                MemorySegment.copy(image, 0, taken, 0, image.byteSize());
              }
              if (header.remaining() != ASKS_FOR_NOTHING) {
                boolean asked = header.remaining() == ASKS_FOR_BLOCK;
                self[0].send(
                    0,
                    SERVICE,
                    Lane.RESPONSE,
                    Views.NO_EPOCH,
                    new byte[asked ? ASKS_FOR_BLOCK : PlainSocket.REQUEST_BYTES],
                    asked ? payload : Payload.NONE);
              }
            },
            connected);
    Thread.ofPlatform().daemon().start(() -> answerBare(directory));
    connected.await();
    System.out.println("ready");
    StringBuilder word = new StringBuilder();
    for (int next = System.in.read(); next >= 0; next = System.in.read()) {
      if (next == '\n') {
        order = word.toString();
        word.setLength(0);
        System.out.println("ok");
      } else {
        word.append((char) next);
      }
    }
    self[0].close();
  }

  private static void answerBare(Path directory) {
    try (BareRing ring = new BareRing(directory.resolve("bare"), false)) {
      while (true) {
        if (order.equals("weft")) {
          Thread.sleep(1);
        } else if (ring.take() > 0 && order.equals("bare")) {
          boolean small = ring.takenBytes() == PlainSocket.REQUEST_BYTES;
          ring.send(small ? PlainSocket.REQUEST_BYTES : PlainSocket.REPLY_BYTES);
        }
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A payload that is never changed. */
  static Payload payload(MemorySegment block) {
    return new Payload() {
      @Override
      public MemorySegment segment() {
        return block;
      }

      @Override
      public void released() {}
    };
  }

  /** Starts a transport of one of the two nodes. */
  static Transport transport(
      Path directory, int id, MessageHandler handler, CountDownLatch connected) {
    Transport transport =
        Guice.createInjector(new ShmModule(), new Parts(directory, id))
            .getInstance(Transport.class);
    transport.register(SERVICE, handler);
    transport.start(
        new PeerListener() {
          @Override
          public void onConnected(NodeId peer, long incarnation) {
            connected.countDown();
          }

          @Override
          public void onGoodbye(NodeId peer, long incarnation) {}

          @Override
          public void onLost(NodeId peer, long incarnation, WeftException reason) {
            throw reason;
          }
        });
    return transport;
  }

  /** What the transport is made of. */
  private static final class Parts extends AbstractModule {
    private final Path directory;
    private final int id;

    Parts(Path directory, int id) {
      this.directory = directory;
      this.id = id;
    }

    @Override
    protected void configure() {
      bind(ShmSettings.class)
          .toInstance(
              new ShmSettings(
                  directory.toString(),
                  new ByteSize(1 << 20),
                  ShmSettings.Waiting.PARK,
                  Duration.ofMillis(1),
                  Duration.ofMillis(1),
                  Duration.ofSeconds(60),
                  Duration.ofSeconds(30),
                  Duration.ofSeconds(2)));
      bind(NodeSettings.class)
          .toInstance(new NodeSettings("bench", new NodeId(id), 1, MEMBERS, 8_192, Map.of()));
      bind(NodeFailure.class)
          .toInstance(
              failure -> {
                throw failure;
              });
      bind(LamportClock.class).toInstance(new LamportClock());
      bind(Views.class).toInstance(Views.fixed(new View(Epoch.FIRST, MEMBERS)));
      StorageIdentity storage = new StorageIdentity();
      storage.formed(0);
      bind(StorageIdentity.class).toInstance(storage);
      bind(Metrics.class).toInstance(new HdrMetrics());
    }
  }
}
