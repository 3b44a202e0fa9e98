// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.ErrorCode;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.node.StoragePlace;
import jakarta.inject.Inject;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records, locks and proofs of death in a directory. */
@Timeout(300)
final class FileRegistryTest {
  @TempDir Path storage;

  private Path home;

  @BeforeEach
  void makeDirectory() throws IOException {
    home = Files.createDirectory(storage.resolve(FileRegistry.SUBDIRECTORY));
  }

  private static final byte[] ONE = {1, 2, 3};

  // ---- records

  @Test
  void acceptsOneRecordOfEachEpochInOrder() {
    ClusterRegistry a = registry(0, 1);
    ClusterRegistry b = registry(1, 1);
    assertEquals(Optional.empty(), a.latest());
    assertFalse(a.propose(2, ONE), "the epoch before does not exist");
    assertTrue(a.propose(1, ONE));
    assertFalse(b.propose(1, new byte[] {9}));
    assertTrue(b.propose(2, new byte[0]));
    assertEquals(2, a.latest().orElseThrow().epoch());
    assertArrayEquals(new byte[0], a.latest().orElseThrow().record());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "fa-IR", "ne-NP", "th-TH-u-nu-thai"})
  void nodesOfDifferentLocalesDecideEachEpochOnce(String locale) throws IOException {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag(locale));
      assertTrue(registry(0, 1).propose(1, ONE));
      Locale.setDefault(Locale.ENGLISH);
      assertFalse(registry(1, 1).propose(1, new byte[] {9}));
      assertTrue(registry(1, 1).propose(2, ONE));
      Locale.setDefault(Locale.forLanguageTag(locale));
      assertEquals(2, registry(0, 1).latest().orElseThrow().epoch());
      assertTrue(Files.exists(home.resolve("view-0000000000000000001")));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void ofManyWhoProposeAtOnceOneIsAccepted() throws Exception {
    int nodes = 8;
    int epochs = 40;
    Phaser together = new Phaser(nodes);
    try (ExecutorService threads = Executors.newFixedThreadPool(nodes)) {
      List<Future<List<Long>>> results = new ArrayList<>();
      for (int node = 0; node < nodes; node++) {
        byte id = (byte) node;
        results.add(
            threads.submit(
                () -> {
                  ClusterRegistry registry = registry(id, 1);
                  List<Long> won = new ArrayList<>();
                  try {
                    for (long epoch = 1; epoch <= epochs; epoch++) {
                      together.arriveAndAwaitAdvance();
                      if (registry.propose(epoch, new byte[] {id})) {
                        won.add(epoch);
                        assertEquals(id, registry.latest().orElseThrow().record()[0]);
                      }
                      together.arriveAndAwaitAdvance();
                      assertEquals(epoch, registry.latest().orElseThrow().epoch());
                    }
                  } finally {
                    together.arriveAndDeregister(); // nobody waits for one that fails
                  }
                  return won;
                }));
      }
      List<Long> accepted = new ArrayList<>();
      for (Future<List<Long>> result : results) {
        accepted.addAll(result.get());
      }
      assertEquals(epochs, accepted.size());
      assertEquals(epochs, accepted.stream().distinct().count());
    }
  }

  @Test
  void keepsTheNewestRecordsOnly() throws IOException {
    ClusterRegistry registry = registry(0, 1);
    for (long epoch = 1; epoch <= 100; epoch++) {
      assertTrue(registry.propose(epoch, ONE));
    }
    try (Stream<Path> files = Files.list(home)) {
      assertEquals(ViewFiles.KEPT, files.count());
    }
    assertFalse(registry.propose(3, ONE), "an epoch long gone");
    assertEquals(100, registry.latest().orElseThrow().epoch());
  }

  /** As if the maker had been paused between its look and its link, while others went on. */
  @Test
  void takesBackARecordThatComesFarTooLate() throws IOException {
    ClusterRegistry registry = registry(0, 1);
    for (long epoch = 1; epoch <= 50; epoch++) {
      registry.propose(epoch, ONE);
    }
    Path late = home.resolve("view-%019d".formatted(7));
    Files.copy(home.resolve("view-%019d".formatted(50)), late);
    assertEquals(50, registry.latest().orElseThrow().epoch());
    assertTrue(registry.propose(51, ONE));
    assertFalse(Files.exists(late), "removed with the old ones");
  }

  @Test
  void reportsADamagedRecord() throws IOException {
    ClusterRegistry registry = registry(0, 1);
    registry.propose(1, ONE);
    Path path = home.resolve("view-%019d".formatted(1));
    byte[] good = Files.readAllBytes(path);
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 4;
      Files.write(path, bad);
      WeftException error = assertThrows(WeftException.class, registry::latest);
      assertEquals(MembershipErrors.BAD_REGISTRY, error.code());
      assertTrue(error.getMessage().contains(path.toString()), error.getMessage());
    }
  }

  @Test
  void saysThatItCannotBeReached() throws IOException {
    ClusterRegistry registry = registry(0, 1);
    Path elsewhere = home.resolveSibling(home.getFileName() + "-away");
    Files.move(home, elsewhere);
    try {
      for (Runnable call :
          List.<Runnable>of(
              registry::latest,
              () -> registry.propose(1, ONE),
              () -> registry.hasStopped(1, 1, false))) {
        WeftException error = assertThrows(WeftException.class, call::run);
        assertEquals(MembershipErrors.REGISTRY_UNAVAILABLE, error.code());
      }
    } finally {
      Files.move(elsewhere, home);
    }
  }

  // ---- reserved numbers

  @Test
  void reservedNumbersOutliveTheirNodesAndNeverGoBack() {
    FileRegistry first = open(0, 1);
    FileRegistry second = open(1, 1);
    assertEquals(0, first.reservedScn());
    first.reserveScn(1_000);
    assertEquals(1_000, second.reservedScn());
    second.reserveScn(500);
    assertEquals(1_000, second.reservedScn(), "the largest of all nodes");
    second.reserveScn(2_000);
    second.reserveScn(1_500);
    first.close();
    second.close();
    assertEquals(2_000, registry(2, 1).reservedScn());
  }

  @Test
  void damagedNumbersAreReportedWithTheirFile() throws IOException {
    FileRegistry registry = open(0, 1);
    registry.reserveScn(1_000);
    Path path = home.resolve("scn-0");
    byte[] good = Files.readAllBytes(path);
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 4;
      Files.write(path, bad);
      WeftException error = assertThrows(WeftException.class, registry::reservedScn);
      assertEquals(MembershipErrors.BAD_REGISTRY, error.code());
      assertTrue(error.getMessage().contains(path.toString()), error.getMessage());
    }
  }

  // ---- locks

  @Test
  void refusesASecondNodeOfTheSameIdUntilTheFirstIsClosed() {
    ClusterRegistry first = open(0, 1);
    assertRefused(MembershipErrors.DUPLICATE_NODE, 0, 2);
    open(1, 1).close();
    assertRefused(MembershipErrors.DUPLICATE_NODE, 0, 2);
    first.close();
    open(0, 2).close();
  }

  @Test
  void knowsTheLastIncarnationOfEveryNode() {
    FileRegistry other = registry(1, 1);
    assertEquals(0, other.lastIncarnation(0));
    FileRegistry first = open(0, 7);
    assertEquals(0, other.lastIncarnation(1));
    first.recordIncarnation(9);
    first.close();
    assertEquals(9, other.lastIncarnation(0), "a view knew of a larger one");
    open(0, 10).close();
    assertEquals(10, other.lastIncarnation(0));
  }

  @Test
  void refusesALifeThatIsNotTheLatest() {
    open(0, 7).close();
    assertRefused(MembershipErrors.OLD_INCARNATION, 0, 6);
    assertRefused(MembershipErrors.OLD_INCARNATION, 0, 7);
    open(0, 8).close();
  }

  @Test
  void anotherNodeOfThisProcessRunsUntilItIsClosed() {
    ClusterRegistry watcher = open(0, 1);
    ClusterRegistry other = open(1, 5);
    assertFalse(watcher.hasStopped(1, 5, true), "this process must not kill itself");
    assertRefused(MembershipErrors.DUPLICATE_NODE, 1, 6);
    other.close();
    assertTrue(watcher.hasStopped(1, 5, false));
    assertFalse(watcher.hasStopped(2, 1, false), "a node that was never here");
    assertTrue(watcher.hasStopped(0, 0, false), "an earlier life of this node");
    assertFalse(watcher.hasStopped(0, 1, false));
  }

  @Test
  void looksDoNotDropTheLocksOfThisProcess() throws Exception {
    ClusterRegistry watcher = open(0, 1);
    ClusterRegistry other = open(1, 5);
    for (int i = 0; i < 100; i++) {
      assertFalse(watcher.hasStopped(1, 5, false));
    }
    Process rival = process(1, 6);
    try {
      assertEquals("DUPLICATE_NODE", rival.inputReader().readLine());
    } finally {
      rival.destroyForcibly().waitFor();
      other.close();
    }
  }

  /** Copies of the class in two module layers know nothing of each other. */
  @Test
  void aLockOfACopyOfTheClassIsRespected() throws IOException {
    ClusterRegistry watcher = open(0, 1);
    open(1, 5).close();
    Path path = home.toRealPath().resolve("node-1.lock");
    try (FileChannel copy =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      assertTrue(copy.tryLock().isValid());
      for (int i = 0; i < 3; i++) {
        assertFalse(watcher.hasStopped(1, 5, false));
        assertTrue(watcher.hasStopped(1, 4, false), "a later life has the lock");
        assertRefused(MembershipErrors.DUPLICATE_NODE, 1, 6);
      }
    }
    assertTrue(watcher.hasStopped(1, 5, false));
    open(1, 6).close();
  }

  @Test
  void aRunningProcessHoldsItsIdAndAKilledOneDoesNot() throws Exception {
    ClusterRegistry watcher = open(0, 1);
    Process other = process(1, 5);
    try {
      assertEquals("locked", other.inputReader().readLine());
      assertFalse(watcher.hasStopped(1, 5, false));
      assertTrue(watcher.hasStopped(1, 4, true), "its earlier life, which nobody need kill");
      assertTrue(other.isAlive());
      String message = assertRefused(MembershipErrors.DUPLICATE_NODE, 1, 6);
      assertTrue(message.contains("process " + other.pid()), message);
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertTrue(watcher.hasStopped(1, 5, false));
  }

  @Test
  void killsTheProcessThatItMayKill() throws Exception {
    ClusterRegistry watcher = open(0, 1);
    Process other = process(1, 5);
    try {
      assertEquals("locked", other.inputReader().readLine());
      assertTrue(watcher.hasStopped(1, 5, true));
      other.waitFor();
    } finally {
      other.destroyForcibly();
    }
  }

  @Test
  void killsNobodyWhoHasNotAgreed() throws Exception {
    ClusterRegistry watcher = open(0, 1);
    Process other = process(1, 5, false);
    try {
      assertEquals("locked", other.inputReader().readLine());
      assertFalse(watcher.hasStopped(1, 5, true));
      assertTrue(other.isAlive());
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  @Test
  void killsNobodyWhoIsNotForCertainTheHolder() throws Exception {
    Process other = process(1, 5);
    try {
      assertEquals("locked", other.inputReader().readLine());
      LockHolder self = LockHolder.self(true, 5);
      assertEquals(Optional.empty(), self.victim());
      long pid = other.pid();
      long started = Host.startOf(other.toHandle());
      assertEquals(pid, holder(pid, started, self.host()).victim().orElseThrow().pid());
      assertEquals(Optional.empty(), holder(pid, started + 1, self.host()).victim());
      assertEquals(Optional.empty(), holder(pid, 0, self.host()).victim());
      assertEquals(Optional.empty(), holder(pid, started, "elsewhere/1/pid:[4]").victim());
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertEquals(0, Host.startOf(other.toHandle()), "a process that has ended");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aContainersProcessNumbersAreNotTakenForOnesOwn() throws IOException {
    String space = Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
    String host = Host.identity();
    assertTrue(host.endsWith("/" + space), host);
    LockHolder first = holder(1, Host.startOf(ProcessHandle.of(1).orElseThrow()), host);
    assertEquals(1, first.victim().orElseThrow().pid());
    LockHolder other = holder(1, first.started(), host.replace(space, "pid:[1]"));
    assertEquals(Optional.empty(), other.victim());
  }

  private static LockHolder holder(long pid, long started, String host) {
    return new LockHolder(pid, started, host, true, 5);
  }

  @Test
  void aLockFileSaysWhoHoldsIt() {
    LockHolder self = LockHolder.self(false, 42);
    assertEquals(Optional.of(self), LockHolder.decode(self.encode()));
    assertEquals(Optional.empty(), LockHolder.decode(self.encode().limit(20)));
    assertEquals(Optional.empty(), LockHolder.decode(self.encode().limit(0)));
  }

  // ---- the storage

  @Test
  void theRegistryKnowsItsStorageAndLookingMakesNothing() throws IOException {
    Path unmounted = storage.resolve("unmounted");
    StoragePlace place = registry(unmounted, 0, true, 1).place().orElseThrow();
    assertEquals(Optional.empty(), place.identity());
    assertTrue(place.isBlank());
    assertFalse(Files.exists(unmounted));
    UUID identity = new UUID(1, 2);
    assertEquals(identity, place.mark(identity));
    Path mark = unmounted.resolve("registry/storage-identity");
    Path other = Files.createFile(mark.resolveSibling("other"));
    assertEquals(
        Files.getPosixFilePermissions(other),
        Files.getPosixFilePermissions(mark),
        "whoever may read the storage may read whose it is");
    Files.delete(other);
    assertEquals(identity, place.mark(new UUID(3, 4)), "the first one stays");
    assertEquals(Optional.of(identity), place.identity());
    FileRegistry registry = registry(unmounted, 0, true, 1);
    registry.open();
    assertTrue(place.isBlank(), "a lock is nothing of a former life");
    assertTrue(registry.propose(1, ONE));
    assertFalse(place.isBlank());
    registry.close();
  }

  // ---- helpers

  private FileRegistry registry(int id, long incarnation) {
    return registry(storage, id, true, incarnation);
  }

  private static FileRegistry registry(Path directory, int id, boolean killable, long incarnation) {
    NodeId node = new NodeId(id);
    return new FileRegistry(
        new FileRegistrySettings(directory.toString(), killable),
        () ->
            new NodeSettings(
                "test",
                node,
                incarnation,
                List.of(new Member(node, "localhost", 1)),
                8_192,
                Map.of()));
  }

  private FileRegistry open(int id, long incarnation) {
    FileRegistry registry = registry(id, incarnation);
    registry.open();
    return registry;
  }

  private String assertRefused(ErrorCode code, int id, long incarnation) {
    WeftException error = assertThrows(WeftException.class, () -> registry(id, incarnation).open());
    assertEquals(code, error.code(), error.getMessage());
    assertTrue(error.getMessage().contains("node-" + id + ".lock"), error.getMessage());
    return error.getMessage();
  }

  private Process process(int id, long incarnation) throws IOException {
    return process(id, incarnation, true);
  }

  private Process process(int id, long incarnation, boolean killable) throws IOException {
    String classPath =
        Stream.of(
                "target/classes",
                "target/test-classes",
                where(NodeId.class),
                where(ClusterRegistry.class),
                where(Inject.class))
            .map(path -> Path.of(path).toAbsolutePath().toString())
            .reduce((a, b) -> a + File.pathSeparator + b)
            .orElseThrow();
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            classPath,
            LockingProcess.class.getName(),
            storage.toString(),
            Integer.toString(id),
            Long.toString(incarnation),
            Boolean.toString(killable))
        .redirectError(Redirect.INHERIT)
        .start();
  }

  private static String where(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()))
        .toString();
  }

  /** A process that opens the registry and keeps it until its input ends. */
  static final class LockingProcess {
    private LockingProcess() {}

    public static void main(String[] arguments) throws IOException {
      FileRegistry registry =
          registry(
              Path.of(arguments[0]),
              Integer.parseInt(arguments[1]),
              Boolean.parseBoolean(arguments[3]),
              Long.parseLong(arguments[2]));
      try {
        registry.open();
        System.out.println("locked");
      } catch (WeftException e) {
        System.out.println(e.code().name());
      }
      while (System.in.read() >= 0) {
        // the parent kills this process, or ends and so closes the pipe
      }
    }
  }
}
