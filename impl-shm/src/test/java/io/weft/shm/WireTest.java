// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of a cluster: who may use them, what is refused, and what is deleted. */
final class WireTest {
  private static final Member CALLED = new Member(new NodeId(1), "localhost", 7_101);
  private static final Member CALLER = new Member(new NodeId(3), "localhost", 7_103);
  private static final String CALLED_NAME = FileName.incarnation(CALLED, 5);
  private static final String CALLER_NAME = FileName.incarnation(CALLER, 9);
  private static final Wire.Ends ENDS = new Wire.Ends(3, 9, 1, 5);

  @TempDir private Path parent;

  private final Arena arena = Arena.ofShared();
  private ClusterDirectory directory;
  private FileChannel calledLock;
  private FileChannel callerLock;

  @BeforeEach
  void bothLive() throws IOException {
    directory = ClusterDirectory.of(parent.toString(), "a b/c", ClusterDirectory::usable);
    calledLock = directory.live(CALLED_NAME);
    callerLock = directory.live(CALLER_NAME);
    NodePage.make(directory, CALLED_NAME, arena);
    NodePage.make(directory, CALLER_NAME, arena);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    directory.die(CALLED_NAME, calledLock);
    directory.die(CALLER_NAME, callerLock);
    try (var left = Files.list(parent)) {
      assertEquals(List.of(), left.toList());
    }
    arena.close();
  }

  private Wire call(long number) throws IOException {
    Wire wire = Wire.make(directory, CALLED_NAME, CALLER_NAME, number, ENDS, Ring.MIN_BYTES);
    wire.call();
    return wire;
  }

  private Path path(long number) {
    return directory.resolve(FileName.call(CALLED_NAME, CALLER_NAME, number));
  }

  private static void end(Wire wire) {
    wire.release();
    wire.release();
  }

  @Test
  void calledNodeTakesUpTheCallAndDeletesItsFile() throws IOException {
    Wire caller = call(1);
    assertEquals(List.of(path(1)), directory.calls(CALLED_NAME));
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path(1))));
    assertEquals(Wire.fileBytes(Ring.MIN_BYTES), Files.size(path(1)));
    Wire called = Wire.open(directory, path(1), 1, 5);
    assertFalse(Files.exists(path(1)));
    RingWriter writer = caller.writer();
    RingReader reader = called.reader();
    writer.bytes().putInt(writer.claim(4), 4_711);
    writer.publish(Ring.FRAME | Ring.WHOLE);
    assertTrue(reader.next());
    assertEquals(4_711, reader.bytes().getInt(reader.bodyAt()));
    assertTrue(called.isPeerAlive());
    assertFalse(called.isHungUp());
    caller.hangUp();
    assertTrue(called.isHungUp());
    assertFalse(caller.isHungUp());
    end(caller);
    end(called);
  }

  private void damage(long number, long at, int value) throws IOException {
    try (FileChannel file = FileChannel.open(path(number), StandardOpenOption.WRITE)) {
      ByteBuffer word = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(0, value);
      file.write(word, at);
    }
  }

  private WeftException refused(long number) {
    WeftException e =
        assertThrows(WeftException.class, () -> Wire.open(directory, path(number), 1, 5));
    assertTrue(e.getMessage().contains(path(number).toString()), e.getMessage());
    assertFalse(Files.exists(path(number)), "what is refused is deleted");
    return e;
  }

  @Test
  void callOfAnotherVersionIsRefusedAndTheCallerLearnsIt() throws IOException {
    Wire caller = call(2);
    damage(2, 8, NodePage.VERSION + 1);
    WeftException e = refused(2);
    assertEquals(TransportErrors.PROTOCOL_VERSION, e.code());
    assertTrue(e.getMessage().contains("run the same release"), e.getMessage());
    assertEquals(NodePage.VERSION, caller.refusedBy());
    end(caller);
  }

  @Test
  void foreignAndInconsistentFilesAreRefused() throws IOException {
    int[][] damages = {{0, 1}, {16, 4_097}, {16, 2 * Ring.MIN_BYTES}, {20, 4}, {24, 2}, {32, 8}};
    long number = 10;
    for (int[] damage : damages) {
      Wire caller = call(++number);
      damage(number, damage[0], damage[1]);
      assertEquals(TransportErrors.SHARED_MEMORY_REFUSED, refused(number).code());
      end(caller);
    }
    Files.write(path(99), new byte[100]);
    assertEquals(TransportErrors.SHARED_MEMORY_REFUSED, refused(99).code());
  }

  @Test
  void pageOfAnotherVersionIsRefused() throws IOException {
    Path page = directory.resolve(FileName.node(CALLED_NAME));
    try (FileChannel file = FileChannel.open(page, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(0, 77), 8);
    }
    WeftException e = assertThrows(WeftException.class, () -> call(1));
    assertEquals(TransportErrors.PROTOCOL_VERSION, e.code());
    assertEquals(List.of(), directory.calls(CALLED_NAME), "nothing is left of the attempt");
  }

  @Test
  void newestLivingIncarnationIsFoundAndTheRestIsDeleted() throws IOException {
    String dead = FileName.incarnation(CALLED, 7);
    FileChannel lock = directory.live(dead);
    NodePage.make(directory, dead, arena);
    assertEquals(Optional.of(dead), directory.find(CALLED));
    Path call = directory.resolve(FileName.call(CALLER_NAME, dead, 1));
    directory.die(dead, lock);
    Files.write(directory.resolve(FileName.node(dead)), new byte[NodePage.BYTES]);
    Files.write(directory.resolve(FileName.lock(dead)), new byte[0]);
    Files.write(call, new byte[10]);
    assertEquals(Optional.of(CALLED_NAME), directory.find(CALLED));
    assertFalse(Files.exists(call));
    assertFalse(Files.exists(directory.resolve(FileName.lock(dead))));
    assertTrue(directory.isAlive(CALLED_NAME));
    assertFalse(directory.isAlive(dead));
  }

  @Test
  void anIncarnationLivesOnce() {
    WeftException e = assertThrows(WeftException.class, () -> directory.live(CALLED_NAME));
    assertEquals(TransportErrors.PORT_IN_USE, e.code());
    assertTrue(directory.isAlive(CALLED_NAME), "it has not lost its lock");
  }

  @Test
  void lackOfRoomIsReportedBeforeAnythingIsWritten() throws IOException {
    ClusterDirectory full = ClusterDirectory.of(parent.toString(), "a b/c", _ -> 64 << 10);
    WeftException e =
        assertThrows(
            WeftException.class,
            () -> Wire.make(full, CALLED_NAME, CALLER_NAME, 1, ENDS, Ring.MIN_BYTES));
    assertEquals(TransportErrors.SHARED_MEMORY_FULL, e.code());
    assertEquals(
        parent.toAbsolutePath()
            + " has 64 KiB left, but a connection with n1 needs 260 KiB; enlarge it, lower"
            + " weft.transport.shm.ring-size, or use the transport tcp",
        e.getMessage());
    assertEquals(List.of(), directory.calls(CALLED_NAME));
  }

  @Test
  void directoryThatOthersMayReadIsRefused() throws IOException {
    Path open = parent.resolve("weft-open");
    Files.createDirectory(open);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    ClusterDirectory other =
        ClusterDirectory.of(parent.toString(), "open", ClusterDirectory::usable);
    WeftException e = assertThrows(WeftException.class, () -> other.live(CALLED_NAME));
    assertEquals(TransportErrors.SHARED_MEMORY_REFUSED, e.code());
    assertTrue(e.getMessage().contains("open to other users"), e.getMessage());
    try (var left = Files.list(open)) {
      assertEquals(List.of(), left.toList());
    }
    Files.delete(open);
  }

  /** Another user may have made the directory, and put links there. */
  @Test
  void aLockFileThatIsALinkIsNotFollowed() throws IOException {
    Path target = parent.resolve("target");
    String own = FileName.incarnation(CALLED, 8);
    Path link = directory.resolve(FileName.lock(own));
    Files.createSymbolicLink(link, target);
    WeftException e = assertThrows(WeftException.class, () -> directory.live(own));
    assertEquals(TransportErrors.SHARED_MEMORY_REFUSED, e.code());
    assertFalse(Files.exists(target), "nothing is made where the link leads");
    Files.delete(link);
  }

  @Test
  void aNodeEndsAlthoughItsFilesCannotBeDeleted() throws IOException {
    String own = FileName.incarnation(CALLED, 8);
    FileChannel lock = directory.live(own);
    Path odd = Files.createDirectories(directory.resolve(own + ".node").resolve("x"));
    WeftException e = assertThrows(WeftException.class, () -> directory.die(own, lock));
    assertEquals(TransportErrors.SHARED_MEMORY_REFUSED, e.code());
    assertFalse(lock.isOpen(), "the lock is given up");
    assertFalse(directory.isAlive(own));
    Files.delete(odd);
  }

  @Test
  void namesWithNumbersThatAreNoneAreIgnored() throws IOException {
    Path odd = directory.resolve("n1-7101.99999999999999999999.node");
    Files.createFile(odd);
    assertEquals(Optional.of(CALLED_NAME), directory.find(CALLED));
    directory.sweep();
    assertTrue(Files.exists(odd), "it is no file of ours");
    Files.delete(odd);
  }

  @Test
  void missingAndOccupiedDirectoriesAreRefused() throws IOException {
    ClusterDirectory missing =
        ClusterDirectory.of(parent.resolve("none").toString(), "x", ClusterDirectory::usable);
    WeftException e = assertThrows(WeftException.class, () -> missing.live(CALLED_NAME));
    assertTrue(e.getMessage().contains("weft.transport.shm.directory"), e.getMessage());
    Path file = Files.createFile(parent.resolve("weft-file"));
    ClusterDirectory occupied =
        ClusterDirectory.of(parent.toString(), "file", ClusterDirectory::usable);
    assertEquals(
        TransportErrors.SHARED_MEMORY_REFUSED,
        assertThrows(WeftException.class, () -> occupied.live(CALLED_NAME)).code());
    Files.delete(file);
  }

  @Test
  void namesAreReadAsTheyAreWritten() {
    FileName call = FileName.parse(FileName.call(CALLED_NAME, CALLER_NAME, 17)).orElseThrow();
    assertEquals(CALLER_NAME, call.owner());
    assertEquals(Optional.of(CALLED_NAME), call.called());
    assertEquals(FileName.Kind.CALL, call.kind());
    assertEquals(9, FileName.incarnationOf(CALLER_NAME));
    assertEquals(FileName.Kind.NEW, FileName.parse("n1-2.3.node.new").orElseThrow().kind());
    assertEquals(Optional.empty(), FileName.parse("README"));
    assertEquals("weft-a%20b%2fc", FileName.cluster("a b/c"));
  }
}
