// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.LamportClock;
import io.weft.spi.transport.Lane;
import io.weft.spi.transport.MessageHandler;
import io.weft.spi.transport.Payload;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.view.Views;
import jakarta.inject.Inject;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.jctools.queues.MessagePassingQueue;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;

/**
 * A node in a process of its own, which answers every message with an empty one. Arguments: the
 * directory and the incarnation. It ends when its standard input does.
 */
final class PeerProcess {
  static final int SERVICE = 7;
  static final int RING_BYTES = 1 << 20;
  private static final List<Member> MEMBERS =
      List.of(
          new Member(new NodeId(0), "localhost", 7_101),
          new Member(new NodeId(1), "localhost", 7_102));

  private PeerProcess() {}

  public static void main(String[] arguments) throws IOException {
    LinkedBlockingQueue<ShmTransport> self = new LinkedBlockingQueue<>(1);
    ShmTransport transport =
        transport(
            Path.of(arguments[0]),
            1,
            Long.parseLong(arguments[1]),
            (_, _, _) ->
                self.peek()
                    .send(0, SERVICE, Lane.RESPONSE, Views.NO_EPOCH, new byte[8], Payload.NONE),
            new LinkedBlockingQueue<>());
    self.add(transport);
    while (System.in.read() >= 0) {
      // until the parent ends
    }
    transport.close();
  }

  /** Starts the process of node 1. */
  static Process start(Path directory, long incarnation) throws IOException {
    return start(PeerProcess.class, directory.toString(), Long.toString(incarnation));
  }

  /** Starts a process with that main class. */
  static Process start(Class<?> main, String... arguments) throws IOException {
    String classPath =
        Stream.of(
                System.getProperty("java.class.path"),
                "target/classes",
                "target/test-classes",
                where(NodeId.class),
                where(Views.class),
                where(TestNodes.class),
                where(MpscUnboundedVarHandleArrayQueue.class),
                where(MessagePassingQueue.class),
                where(Inject.class))
            .reduce((a, b) -> a + File.pathSeparator + b)
            .orElseThrow();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx128m",
                "-cp",
                classPath,
                main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static String where(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()))
        .toString();
  }

  /** Starts a node of this process; {@code news} gets the events of its peer, as text. */
  static ShmTransport transport(
      Path directory,
      int id,
      long incarnation,
      MessageHandler handler,
      BlockingQueue<String> news) {
    StorageIdentity storage = new StorageIdentity();
    storage.formed(0);
    ShmTransport transport =
        new ShmTransport(
            TestSettings.of(directory, RING_BYTES, Duration.ofSeconds(60)),
            new NodeSettings("test", new NodeId(id), incarnation, MEMBERS, 8_192, Map.of()),
            failure -> news.add("failed " + failure),
            new LamportClock(),
            Views.fixed(new View(Epoch.FIRST, MEMBERS)),
            storage,
            new PlainMetrics());
    transport.register(SERVICE, handler);
    transport.start(
        new PeerListener() {
          @Override
          public void onConnected(NodeId peer, long life) {
            news.add("connected " + peer + "." + life);
          }

          @Override
          public void onDisconnected(NodeId peer, long life) {
            news.add("broken " + peer + "." + life);
          }

          @Override
          public void onGoodbye(NodeId peer, long life) {
            news.add("goodbye " + peer + "." + life);
          }

          @Override
          public void onLost(NodeId peer, long life, WeftException reason) {
            news.add("lost " + peer + "." + life);
          }
        });
    return transport;
  }
}
