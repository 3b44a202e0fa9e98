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
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The page of one incarnation of a node in shared memory, through which others call and wake it.
 * Numbers are in the byte order of the machine.
 *
 * <pre>
 *      0  u64  magic "WEFTNODE"
 *      8  u32  version of this layout
 *     16  u64  process number of the node, for operators
 *   1024  u32  1: the receiving thread sleeps, and must be woken; also its futex
 *   1152  u32  number of calls that have been made, which counts on and wraps
 * </pre>
 *
 * Thread-safe.
 */
final class NodePage {
  /** Bytes of the file. */
  static final int BYTES = 4_096;

  /** Version of the layout of this page and of {@link Wire}; grows with each change. */
  static final int VERSION = 1;

  private static final long MAGIC = 0x574546544E4F4445L;
  private static final int VERSION_AT = 8;
  private static final int PROCESS_AT = 16;
  private static final int SLEEPING_AT = 1_024;
  private static final int CALLS_AT = 1_152;

  private final MemorySegment memory;

  private NodePage(MemorySegment memory) {
    this.memory = memory;
  }

  /** Makes the page of an incarnation of this process, mapped until {@code arena} is closed. */
  static NodePage make(ClusterDirectory directory, String incarnation, Arena arena)
      throws IOException {
    String name = FileName.node(incarnation);
    try (FileChannel file = directory.make(name, BYTES, "a node")) {
      MemorySegment memory = file.map(MapMode.READ_WRITE, 0, BYTES, arena);
      memory.set(ValueLayout.JAVA_LONG, 0, MAGIC);
      memory.set(ValueLayout.JAVA_INT, VERSION_AT, VERSION);
      memory.set(ValueLayout.JAVA_LONG, PROCESS_AT, ProcessHandle.current().pid());
      directory.show(name);
      return new NodePage(memory);
    }
  }

  /**
   * Maps the page of another incarnation until {@code arena} is closed.
   *
   * @throws WeftException {@link TransportErrors#SHARED_MEMORY_REFUSED} if it is no such page;
   *     {@link TransportErrors#PROTOCOL_VERSION} if it is of another version
   */
  static NodePage open(ClusterDirectory directory, String incarnation, Arena arena)
      throws IOException {
    Path path = directory.resolve(FileName.node(incarnation));
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (file.size() != BYTES) {
        throw new WeftException(
            TransportErrors.SHARED_MEMORY_REFUSED,
            path + " has " + file.size() + " bytes, a node's page has " + BYTES + "; delete it");
      }
      MemorySegment memory = file.map(MapMode.READ_WRITE, 0, BYTES, arena);
      if (memory.get(ValueLayout.JAVA_LONG, 0) != MAGIC) {
        throw new WeftException(
            TransportErrors.SHARED_MEMORY_REFUSED, path + " is no node's page; delete it");
      }
      int version = memory.get(ValueLayout.JAVA_INT, VERSION_AT);
      if (version != VERSION) {
        throw otherVersion(path, version);
      }
      return new NodePage(memory);
    }
  }

  /** The error that a file has another version of the layout. */
  static WeftException otherVersion(Path path, int version) {
    return new WeftException(
        TransportErrors.PROTOCOL_VERSION,
        path
            + " has version "
            + version
            + " of the layout of shared memory, this node has version "
            + VERSION
            + "; run the same release on all nodes");
  }

  // ---- the owner

  /** Announces that the owner is about to sleep. It looks for work once more before it does. */
  void announceSleep() {
    Words.exchange(memory, SLEEPING_AT, 1);
  }

  /** Sleeps until somebody wakes the owner, or a time has passed. The owner's thread. */
  void sleep(Futex futex, long ns) {
    futex.await(memory, SLEEPING_AT, 1, ns);
  }

  /** Whether somebody has woken the owner since {@link #announceSleep}. */
  boolean isAwake() {
    return Words.acquire(memory, SLEEPING_AT) == 0;
  }

  /** The owner is awake. */
  void awake() {
    Words.release(memory, SLEEPING_AT, 0);
  }

  /** Number of calls so far. */
  int calls() {
    return Words.acquire(memory, CALLS_AT);
  }

  // ---- others

  /** Counts a call, and wakes the owner. */
  void call() {
    Words.add(memory, CALLS_AT, 1);
    wake();
  }

  /**
   * Wakes the owner if it sleeps. What the caller has written before is seen by it then.
   *
   * @return whether it slept
   */
  boolean wake() {
    Words.fence();
    if (Words.acquire(memory, SLEEPING_AT) == 0 || !Words.replace(memory, SLEEPING_AT, 1, 0)) {
      return false;
    }
    if (Futex.isSupported()) {
      Futex.wake(memory, SLEEPING_AT);
    }
    return true;
  }
}
