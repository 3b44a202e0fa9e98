// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.membership.ClusterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests whose files are damaged, foreign, many, or left behind. */
final class RequestFilesTest {
  private static final byte[] ONE = {1};

  @TempDir Path storage;
  private FileRegistry registry;
  private Path directory;

  @BeforeEach
  void open() {
    registry =
        new FileRegistry(
            new FileRegistrySettings(storage.toString(), true), () -> TestNodes.node(1, 17));
    registry.open();
    directory = storage.resolve("registry").resolve("requests");
  }

  @AfterEach
  void close() {
    registry.close();
  }

  private Path file(String prefix, long number) {
    return directory.resolve(String.format(Locale.ROOT, "%s-%019d", prefix, number));
  }

  private long drafts() throws IOException {
    try (Stream<Path> names = Files.list(directory)) {
      return names.filter(name -> name.getFileName().toString().startsWith("draft-")).count();
    }
  }

  /** So the user of the nodes owns it, and not that of the first command. */
  @Test
  void theDirectoryIsMadeByTheFirstNode() {
    assertTrue(Files.isDirectory(directory));
  }

  @Test
  @Tag("CR-8")
  void aFileThatIsNoRequestStopsNobody() throws IOException {
    Files.write(directory.resolve("request-9999999999999999999"), ONE);
    Files.write(directory.resolve("request-9223372036854775807"), ONE);
    Files.write(directory.resolve("request-1"), ONE);
    long number = registry.ask(ONE, 0);
    assertEquals(1, number);
    assertEquals(1, registry.requests().size());
    assertEquals(number, registry.requests().getFirst().number());
  }

  @Test
  @Tag("CR-8")
  void damagedRequestsHaveNoBytesAndTakeTheirTurn() throws IOException {
    long cut = registry.ask(new byte[100], 0);
    long flipped = registry.ask(new byte[100], 0);
    long huge = registry.ask(new byte[100], 0);
    long sound = registry.ask(ONE, 0);
    byte[] file = Files.readAllBytes(file("request", flipped));
    file[30] ^= 1;
    Files.write(file("request", flipped), file);
    Files.write(file("request", cut), new byte[10]);
    Files.write(file("request", huge), new byte[100_000]);
    List<ClusterRegistry.Request> pending = registry.requests();
    assertEquals(
        List.of(cut, flipped, huge, sound),
        pending.stream().map(ClusterRegistry.Request::number).toList());
    pending.stream().limit(3).forEach(request -> assertEquals(0, request.request().length));
    assertArrayEquals(ONE, pending.getLast().request());
    registry.answer(cut, ONE);
    assertEquals(flipped, registry.requests().getFirst().number());
  }

  @Test
  @Tag("CR-8")
  void aRequestThatMayNotBeReadDelaysNoOther() throws IOException {
    long closed = registry.ask(new byte[100], 0);
    long open = registry.ask(ONE, 0);
    Files.setPosixFilePermissions(file("request", closed), Set.of());
    assumeFalse(Files.isReadable(file("request", closed)), "this user may read everything");
    List<ClusterRegistry.Request> pending = registry.requests();
    assertEquals(0, pending.getFirst().request().length);
    assertEquals(open, pending.getLast().number());
  }

  /** Each read of the registry renews a lease: it must not depend on how many files there are. */
  @Test
  @Tag("CR-10")
  void noMoreRequestsAreReadThanAllowed() throws IOException {
    registry.ask(ONE, 0);
    byte[] file = Files.readAllBytes(file("request", 1));
    for (int number = 2; number < 500; number++) {
      Files.write(file("request", number), file);
    }
    assertEquals(ClusterRegistry.MAX_REQUESTS, registry.requests().size());
    assertEquals(1, registry.requests().getFirst().number());
  }

  /** A process that died between its answer and the removal of the request. */
  @Test
  @Tag("CR-8")
  @Tag("CR-9")
  void anAnsweredRequestIsNeverPendingAgain() throws IOException {
    long number = registry.ask(ONE, 0);
    byte[] request = Files.readAllBytes(file("request", number));
    registry.answer(number, ONE);
    Files.write(file("request", number), request);
    assertEquals(List.of(), registry.requests());
    for (int i = 0; i <= ClusterRegistry.MAX_REQUESTS; i++) {
      registry.answer(registry.ask(ONE, 0), ONE);
    }
    assertTrue(registry.answer(number).isEmpty(), "its answer is gone");
    assertEquals(List.of(), registry.requests());
  }

  @Test
  void draftsThatWereLeftBehindGoWhenTheyAreOld() throws IOException {
    Path old = Files.write(directory.resolve("draft-old"), ONE);
    Path young = Files.write(directory.resolve("draft-young"), ONE);
    Files.setLastModifiedTime(
        old, FileTime.fromMillis(Files.getLastModifiedTime(young).toMillis() - 4_000_000));
    registry.ask(ONE, 0);
    assertFalse(Files.exists(old));
    assertTrue(Files.exists(young), "its process may be about to link it");
    assertEquals(1, drafts());
  }

  /** A command may run as another user than the nodes, so no file is for its owner only. */
  @Test
  void filesHaveThePermissionsOfTheProcess() throws IOException {
    long number = registry.ask(ONE, 0);
    Path plain = Files.write(storage.resolve("plain"), ONE);
    Set<PosixFilePermission> usual = Files.getPosixFilePermissions(plain);
    assertEquals(usual, Files.getPosixFilePermissions(file("request", number)));
  }
}
