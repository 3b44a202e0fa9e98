// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.plugin.tck.TransportContactsContract;
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

/** The list of nodes changes while transports over shared memory run. */
final class ShmContactsContractTest extends TransportContactsContract {
  @TempDir private Path directory;

  @Override
  protected Transport transport(TransportParts parts) {
    return new ShmTransport(
        TestSettings.of(directory, 1 << 20, parts.resumeTime()),
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

  @AfterEach
  void noFileIsLeft() throws IOException {
    closeNodes();
    try (Stream<Path> left = Files.walk(directory)) {
      assertEquals(List.of(directory), left.toList());
    }
  }
}
