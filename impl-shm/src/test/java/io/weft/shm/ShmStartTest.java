// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Epoch;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.View;
import io.weft.api.WeftException;
import io.weft.plugin.tck.doubles.PlainMetrics;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.session.LamportClock;
import io.weft.spi.transport.PeerListener;
import io.weft.spi.transport.TransportErrors;
import io.weft.spi.view.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts that cannot succeed. */
final class ShmStartTest {
  private static final List<Member> MEMBERS =
      IntStream.range(0, 3)
          .mapToObj(id -> new Member(new NodeId(id), "localhost", 7_101 + id))
          .toList();

  private static final PeerListener NOBODY =
      new PeerListener() {
        @Override
        public void onConnected(NodeId peer, long incarnation) {}

        @Override
        public void onGoodbye(NodeId peer, long incarnation) {}

        @Override
        public void onLost(NodeId peer, long incarnation, WeftException reason) {}
      };

  @TempDir private Path directory;

  private ShmTransport transport(int id, long incarnation, ClusterDirectory.Space space) {
    return new ShmTransport(
        TestSettings.of(directory, 1 << 20, Duration.ofSeconds(5)),
        new NodeSettings("test", new NodeId(id), incarnation, MEMBERS, 8_192, Map.of()),
        failure -> {
          throw failure;
        },
        new LamportClock(),
        Views.fixed(new View(Epoch.FIRST, MEMBERS)),
        new StorageIdentity(),
        new PlainMetrics(),
        space);
  }

  private static WeftException refused(ShmTransport transport) {
    return assertThrows(WeftException.class, () -> transport.start(NOBODY));
  }

  @Test
  void fullDirectoryIsReportedWithTheSizeNeededAndNothingIsWritten() throws IOException {
    WeftException e = refused(transport(2, 1, _ -> 4L << 20));
    assertEquals(TransportErrors.SHARED_MEMORY_FULL, e.code());
    assertTrue(e.getMessage().contains("has 4096 KiB left"), e.getMessage());
    assertTrue(e.getMessage().contains("2 peers of lower id needs 4108 KiB"), e.getMessage());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(), files.toList());
    }
  }

  /** Before the owner and the mode of a directory are checked, nothing in it is touched. */
  @Test
  void directoryThatIsNotTrustedIsLeftAsItIs() throws IOException {
    Path open = Files.createDirectory(directory.resolve("weft-test"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path file = Files.createFile(open.resolve("n0-7101.9.node"));
    WeftException e = refused(transport(0, 1, ClusterDirectory::usable));
    assertEquals(TransportErrors.SHARED_MEMORY_REFUSED, e.code());
    assertTrue(e.getMessage().contains("open to other users"), e.getMessage());
    assertTrue(Files.exists(file));
  }

  @Test
  void nodeThatOthersCannotFindAnyMoreSaysSo() throws IOException {
    ShmTransport node = transport(0, 1, ClusterDirectory::usable);
    node.start(NOBODY);
    assertFalse(node.obstacles().toString().contains("deleted"));
    Files.delete(directory.resolve("weft-test").resolve("n0-7101.1.node"));
    assertTrue(
        node.obstacles().getFirst().contains("n0-7101.1.node has been deleted"),
        () -> node.obstacles().toString());
    node.abort();
  }

  @Test
  void nodeThatRunsAlreadyIsNotStartedAgain() {
    ShmTransport first = transport(0, 1, ClusterDirectory::usable);
    first.start(NOBODY);
    WeftException e = refused(transport(0, 2, ClusterDirectory::usable));
    assertEquals(TransportErrors.PORT_IN_USE, e.code());
    assertTrue(e.getMessage().contains("n0-7101.1 lives in"), e.getMessage());
    first.abort();
  }
}
