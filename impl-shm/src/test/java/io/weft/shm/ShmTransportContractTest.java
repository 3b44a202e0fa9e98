// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.plugin.tck.TransportContract;
import io.weft.plugin.tck.TransportParts;
import io.weft.spi.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The transport over shared memory keeps the rules of the SPI, and leaves no file behind. */
class ShmTransportContractTest extends TransportContract {
  @TempDir private Path directory;

  /** Bytes of a ring. */
  protected int ringBytes() {
    return 1 << 20;
  }

  @Override
  protected Transport transport(TransportParts parts) {
    return new ShmTransport(
        TestSettings.of(directory, ringBytes(), parts.resumeTime()),
        parts.node(),
        parts.failure(),
        parts.clock(),
        parts.views(),
        parts.storage(),
        parts.metrics());
  }

  @Override
  protected List<Member> members(int count) {
    return IntStream.range(0, count)
        .mapToObj(id -> new Member(new NodeId(id), "localhost", 7_101 + id))
        .toList();
  }

  @Override
  protected boolean cut(Transport transport, int peer) {
    ((ShmTransport) transport).cut(peer);
    return true;
  }

  /** The ring, and a batch that has been taken before. */
  @Override
  protected int bytesUnderWay() {
    return ringBytes() + (1 << 20);
  }

  @AfterEach
  void noFileIsLeft() throws IOException {
    closeNodes();
    try (Stream<Path> left = Files.walk(directory)) {
      assertEquals(List.of(directory), left.toList());
    }
  }
}
