// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.WeftException;
import io.weft.spi.transport.TransportErrors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One end of a connection in shared memory: a file with a ring for each direction. The caller makes
 * it; the called node maps it and deletes it at once, so the memory goes with the two processes and
 * nothing is left of an established connection, however they end. Numbers are in the byte order of
 * the machine.
 *
 * <pre>
 *      0  u64  magic "WEFTCALL"
 *      8  u32  version of this layout
 *     12  u32  0, or the version of the called node, which refuses the caller's
 *     16  u32  bytes of each ring
 *     20  u32  id of the caller
 *     24  u32  id of the called node
 *     32  u64  incarnation of the caller
 *     40  u64  incarnation of the called node
 *    128  u32  1: the caller has hung up
 *    256  u32  1: the called node has hung up
 *   1024       control words of the ring to the called node ({@link Ring})
 *   1536       control words of the ring to the caller
 *   4096       ring to the called node, then ring to the caller
 * </pre>
 *
 * <p>The first 16 bytes stay the same in all versions. The memory stays mapped until both users,
 * the reading and the writing half of the connection, have called {@link #release}.
 */
final class Wire {
  /** Bytes of a file beside the rings. */
  static final int HEADER_BYTES = 4_096;

  private static final long MAGIC = 0x5745465443414C4CL;
  private static final int VERSION_AT = 8;
  private static final int REFUSED_BY_AT = 12;
  private static final int RING_BYTES_AT = 16;
  private static final int CALLER_AT = 20;
  private static final int CALLED_AT = 24;
  private static final int CALLER_INCARNATION_AT = 32;
  private static final int CALLED_INCARNATION_AT = 40;
  private static final int[] HUNG_UP_AT = {128, 256};
  private static final int[] CONTROL_AT = {1_024, 1_536};

  /**
   * The two nodes of a connection.
   *
   * @param caller id of the caller
   * @param callerIncarnation its incarnation
   * @param called id of the called node
   * @param calledIncarnation its incarnation
   */
  record Ends(int caller, long callerIncarnation, int called, long calledIncarnation) {}

  private final ClusterDirectory directory;
  private final String name;
  private final String peer;
  private final int side;
  private final Arena arena;
  private final MemorySegment memory;
  private final int ringBytes;
  private final NodePage peerPage;
  private final ClusterDirectory.LifeLine peerLife;
  private final AtomicInteger users = new AtomicInteger(2);

  private Wire(
      ClusterDirectory directory,
      String name,
      String peer,
      int side,
      Arena arena,
      MemorySegment memory,
      int ringBytes)
      throws IOException {
    this.directory = directory;
    this.name = name;
    this.peer = peer;
    this.side = side;
    this.arena = arena;
    this.memory = memory;
    this.ringBytes = ringBytes;
    this.peerPage = NodePage.open(directory, peer, arena);
    this.peerLife = directory.lifeLine(peer);
  }

  /** Bytes of the file of a connection with rings of that size. */
  static long fileBytes(int ringBytes) {
    return HEADER_BYTES + 2L * ringBytes;
  }

  // ---- making one

  /**
   * Makes a connection, which the called node does not know of before {@link #call}.
   *
   * @param called the incarnation to be called, as {@link FileName} writes it
   * @param caller this incarnation
   * @param number distinguishes the calls of this incarnation
   * @throws WeftException {@link TransportErrors#SHARED_MEMORY_FULL}
   */
  static Wire make(
      ClusterDirectory directory,
      String called,
      String caller,
      long number,
      Ends ends,
      int ringBytes)
      throws IOException {
    String name = FileName.call(called, caller, number);
    long bytes = fileBytes(ringBytes);
    Arena arena = Arena.ofShared();
    try (FileChannel file = directory.make(name, bytes, "a connection with n" + ends.called())) {
      MemorySegment memory = file.map(MapMode.READ_WRITE, 0, bytes, arena);
      memory.set(ValueLayout.JAVA_LONG, 0, MAGIC);
      memory.set(ValueLayout.JAVA_INT, VERSION_AT, NodePage.VERSION);
      memory.set(ValueLayout.JAVA_INT, RING_BYTES_AT, ringBytes);
      memory.set(ValueLayout.JAVA_INT, CALLER_AT, ends.caller());
      memory.set(ValueLayout.JAVA_INT, CALLED_AT, ends.called());
      memory.set(ValueLayout.JAVA_LONG, CALLER_INCARNATION_AT, ends.callerIncarnation());
      memory.set(ValueLayout.JAVA_LONG, CALLED_INCARNATION_AT, ends.calledIncarnation());
      return new Wire(directory, name, called, 0, arena, memory, ringBytes);
    } catch (IOException | WeftException e) {
      arena.close();
      directory.remove(name);
      throw e;
    }
  }

  /** Shows the connection to the called node, with what has been written so far. */
  void call() throws IOException {
    directory.show(name);
    peerPage.call();
  }

  /** Deletes the file of a connection that the called node has not taken up. */
  void withdraw() throws IOException {
    directory.remove(name);
  }

  // ---- taking one up

  /**
   * Takes up a call of another process, and deletes its file.
   *
   * @param ends the called node and its incarnation must be this one's; the caller's are those of
   *     the file's name
   * @throws WeftException {@link TransportErrors#SHARED_MEMORY_REFUSED} or {@link
   *     TransportErrors#PROTOCOL_VERSION} if the file is not such a call of this version
   */
  static Wire open(ClusterDirectory directory, Path path, int called, long calledIncarnation)
      throws IOException {
    String name = path.getFileName().toString();
    String caller = FileName.parse(name).orElseThrow().owner();
    Arena arena = Arena.ofShared();
    try (FileChannel file =
        FileChannel.open(
            path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      checkOwner(directory, path);
      if (file.size() < HEADER_BYTES) {
        throw refused(path, "has " + file.size() + " bytes, fewer than a header");
      }
      MemorySegment memory = file.map(MapMode.READ_WRITE, 0, file.size(), arena);
      int ringBytes = check(path, memory, called, calledIncarnation, caller);
      Files.delete(path); // the caller may have withdrawn it
      return new Wire(directory, name, caller, 1, arena, memory, ringBytes);
    } catch (IOException | WeftException e) {
      arena.close();
      Files.deleteIfExists(path);
      throw e;
    }
  }

  private static void checkOwner(ClusterDirectory directory, Path path) throws IOException {
    String owner = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
    String own = Files.getOwner(directory.resolve("")).getName();
    if (!owner.equals(own)) {
      throw refused(path, "belongs to user " + owner + ", this cluster to " + own);
    }
  }

  private static int check(
      Path path, MemorySegment memory, int called, long calledIncarnation, String caller) {
    if (memory.get(ValueLayout.JAVA_LONG, 0) != MAGIC) {
      throw refused(path, "does not begin as a connection of Weft on this kind of machine");
    }
    int version = memory.get(ValueLayout.JAVA_INT, VERSION_AT);
    if (version != NodePage.VERSION) {
      Words.release(memory, REFUSED_BY_AT, NodePage.VERSION);
      throw NodePage.otherVersion(path, version);
    }
    int ringBytes = memory.get(ValueLayout.JAVA_INT, RING_BYTES_AT);
    if (!Ring.isLegal(ringBytes) || memory.byteSize() != fileBytes(ringBytes)) {
      throw refused(
          path, "has " + memory.byteSize() + " bytes, which do not fit rings of " + ringBytes);
    }
    long incarnation = memory.get(ValueLayout.JAVA_LONG, CALLER_INCARNATION_AT);
    if (memory.get(ValueLayout.JAVA_INT, CALLED_AT) != called
        || memory.get(ValueLayout.JAVA_LONG, CALLED_INCARNATION_AT) != calledIncarnation
        || !caller.startsWith("n" + memory.get(ValueLayout.JAVA_INT, CALLER_AT) + "-")
        || FileName.incarnationOf(caller) != incarnation) {
      throw refused(path, "is for nodes or incarnations other than its name says");
    }
    return ringBytes;
  }

  private static WeftException refused(Path path, String why) {
    return new WeftException(TransportErrors.SHARED_MEMORY_REFUSED, path + " " + why);
  }

  // ---- using it

  /** The producer of the ring to the peer; called once. */
  RingWriter writer() {
    return new RingWriter(direction(side));
  }

  /** The consumer of the ring from the peer; called once. */
  RingReader reader() {
    return new RingReader(direction(1 - side));
  }

  private Ring.Direction direction(int from) {
    return new Ring.Direction(
        memory.asSlice(CONTROL_AT[from], Ring.CONTROL_BYTES),
        memory.asSlice(HEADER_BYTES + (long) from * ringBytes, ringBytes));
  }

  /** The incarnation at the other end, as {@link FileName} writes it. */
  String peer() {
    return peer;
  }

  /** Wakes the peer if it sleeps; returns whether it slept. */
  boolean wakePeer() {
    return peerPage.wake();
  }

  /** Tells the peer that this end is not used any more. */
  void hangUp() {
    Words.release(memory, HUNG_UP_AT[side], 1);
    peerPage.wake();
  }

  /** Whether the peer has hung up. */
  boolean isHungUp() {
    return Words.acquire(memory, HUNG_UP_AT[1 - side]) != 0;
  }

  /** Version by which the called node refuses this caller; 0 if it does not. */
  int refusedBy() {
    return Words.acquire(memory, REFUSED_BY_AT);
  }

  /** Whether the peer's process lives. One thread. */
  boolean isPeerAlive() throws IOException {
    return peerLife.isAlive();
  }

  /** One of the two users has ended; the last one unmaps the memory. */
  void release() {
    if (users.decrementAndGet() == 0) {
      arena.close();
      try {
        peerLife.close();
      } catch (IOException e) {
        throw new WeftException(
            TransportErrors.SHARED_MEMORY_REFUSED, "cannot close the lock of " + peer, e);
      }
    }
  }
}
