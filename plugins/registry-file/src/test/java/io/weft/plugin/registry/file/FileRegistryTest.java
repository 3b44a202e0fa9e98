// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.ErrorCode;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.plugin.tck.ClusterRegistryContract;
import io.weft.plugin.tck.doubles.TestNodes;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.NodeSettings;
import io.weft.spi.storage.IdentityFile;
import jakarta.inject.Inject;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract, and records, locks and proofs of death in a directory. */
@Timeout(300)
final class FileRegistryTest extends ClusterRegistryContract {
  @TempDir Path storage;

  private Path home;

  @BeforeEach
  void makeDirectory() throws IOException {
    home = Files.createDirectory(storage.resolve(FileRegistry.SUBDIRECTORY));
  }

  @Override
  protected ClusterRegistry registry(Supplier<NodeSettings> node) {
    return new FileRegistry(new FileRegistrySettings(storage.toString(), true), node::get);
  }

  @Override
  protected boolean breakStorage() {
    return move(home, away());
  }

  @Override
  protected void mendStorage() {
    move(away(), home);
  }

  private Path away() {
    return home.resolveSibling(home.getFileName() + "-away");
  }

  private static boolean move(Path from, Path to) {
    try {
      Files.move(from, to);
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final byte[] ONE = {1, 2, 3};

  // ---- records

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
  void aFileOfALaterVersionIsWellAndNotToBeRestored() throws IOException {
    FileRegistry registry = open(0, 1);
    registry.propose(1, ONE);
    registry.reserveScn(1_000);
    UUID identity = registry.place().orElseThrow().mark(new UUID(1, 2));
    for (String name : new String[] {"view-0000000000000000001", "scn-0"}) {
      byte[] later = Files.readAllBytes(home.resolve(name));
      later[7]++; // the format
      Files.write(home.resolve(name), later);
    }
    Path mark = home.resolve("storage-identity");
    Files.writeString(mark, "weft-storage-2 " + identity + " more\n");
    for (Executable call :
        new Executable[] {
          registry::latest, registry::reservedScn, () -> registry.place().orElseThrow().identity()
        }) {
      String message = assertThrows(WeftException.class, call).getMessage();
      assertTrue(message.contains("was written by a later version of Weft"), message);
      assertTrue(message.contains("run that version"), message);
      assertFalse(message.contains("copy"), message);
    }
  }

  // ---- reserved numbers

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
  void aLockFileThatIsMissingProvesNothingAndItsHolderMakesItAgain() throws Exception {
    ClusterRegistry watcher = open(0, 1);
    Process other = process(1, 5);
    try {
      assertEquals("locked", other.inputReader().readLine());
      Path lock = home.resolve("node-1.lock");
      assertTrue(watcher.seenOf(1).contains("process " + other.pid()), watcher.seenOf(1));
      Files.delete(lock);
      assertFalse(watcher.hasStopped(1, 5, false));
      String seen = watcher.seenOf(1);
      assertTrue(seen.contains(home.toRealPath().resolve("node-1.lock") + " is missing"), seen);
      assertTrue(seen.contains("start n1"), seen);
      assertTrue(seen.contains("empty file"), seen);
      assertEquals("read", ask(other));
      assertFalse(watcher.hasStopped(1, 5, false));
      assertTrue(watcher.seenOf(1).contains("process " + other.pid()), watcher.seenOf(1));
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertTrue(watcher.hasStopped(1, 5, false));
    Files.delete(home.resolve("node-1.lock"));
    Files.createFile(home.resolve("node-1.lock"));
    assertTrue(watcher.hasStopped(1, 5, false), "the operator says so");
  }

  /** A path that leads elsewhere at one node must not free the lock that the others see. */
  @Test
  void aPathThatLeadsElsewhereFreesNoLock() throws Exception {
    UUID identity = UUID.randomUUID();
    IdentityFile.create(home, identity);
    ClusterRegistry registry = open(1, 5);
    registry.latest();
    Path real = away();
    Files.move(home, real);
    Files.createDirectory(home); // what lies beneath a mount
    registry.latest();
    assertHeld(real.resolve("node-1.lock"));
    assertFalse(Files.exists(home.resolve("node-1.lock")), "not a directory of this storage");
    IdentityFile.create(home, identity); // a copy of the registry
    registry.latest();
    assertHeld(home.resolve("node-1.lock"));
    assertHeld(real.resolve("node-1.lock"));
    Files.move(home, home.resolveSibling("copy"));
    Files.move(real, home);
    registry.latest();
    registry.close();
    open(1, 6).close();
  }

  private static void assertHeld(Path lock) throws IOException {
    // Another channel of the file, whose end would free the lock: left open on purpose.
    FileChannel other = FileChannel.open(lock, StandardOpenOption.READ, StandardOpenOption.WRITE);
    assertThrows(OverlappingFileLockException.class, other::tryLock, lock + " is free");
  }

  @Test
  void whoseLockFileAnotherStartHasMadeStops() throws Exception {
    Process former = process(1, 5);
    try {
      assertEquals("locked", former.inputReader().readLine());
      Files.delete(home.resolve("node-1.lock"));
      open(1, 6).close();
      assertEquals("DUPLICATE_NODE", ask(former));
    } finally {
      former.destroyForcibly().waitFor();
    }
  }

  /** Has a process read its registry. */
  private static String ask(Process process) throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    return process.inputReader().readLine();
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
  void whoMayReadTheStorageMayReadWhoseItIs() throws IOException {
    registry(0, 1).place().orElseThrow().mark(new UUID(1, 2));
    Path mark = home.resolve("storage-identity");
    Path other = Files.createFile(mark.resolveSibling("other"));
    assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(mark));
  }

  @Test
  void aLockIsNothingOfAFormerLife() {
    ClusterRegistry registry = open(0, 1);
    assertTrue(registry.place().orElseThrow().isBlank());
    registry.close();
  }

  // ---- helpers

  private FileRegistry registry(int id, long incarnation) {
    return registry(storage, id, true, incarnation);
  }

  private static FileRegistry registry(Path directory, int id, boolean killable, long incarnation) {
    return new FileRegistry(
        new FileRegistrySettings(directory.toString(), killable),
        () -> TestNodes.node(id, incarnation));
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
                where(TestNodes.class),
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
}
