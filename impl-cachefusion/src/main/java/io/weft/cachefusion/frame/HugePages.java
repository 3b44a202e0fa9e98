// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.frame;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Allocates large memory in huge pages where the system provides them.
 *
 * <p>Huge pages speed up address translation. They also shorten failure detection: when a node is
 * killed, the kernel frees its memory before it resets its connections, and that takes longer the
 * more pages there are.
 */
final class HugePages {
  /** A huge page, as x86-64 and AArch64 with base pages of 4 KiB have it. */
  static final long BYTES = 2L << 20;

  /** {@code MADV_HUGEPAGE} of Linux; other systems reject this number. */
  private static final int MADV_HUGEPAGE = 14;

  /** A pointer of the C library. */
  private static final AddressLayout ADDRESS = ValueLayout.ADDRESS;

  /** The functions of the C library; linked when first used. */
  @SuppressWarnings("restricted") // only used where native access is granted
  private static final class Libc {
    static final MethodHandle ALIGNED_ALLOC =
        link(
            "aligned_alloc",
            FunctionDescriptor.of(ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    static final MethodHandle MADVISE =
        link(
            "madvise",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    static final MethodHandle FREE = link("free", FunctionDescriptor.ofVoid(ADDRESS));

    private static MethodHandle link(String name, FunctionDescriptor function) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), function);
    }
  }

  private HugePages() {}

  /** Whether this module may call native functions, and the system has this one. */
  @SuppressWarnings("restricted") // asked only where native access is granted
  static boolean isSupported() {
    return HugePages.class.getModule().isNativeAccessEnabled()
        && Linker.nativeLinker().defaultLookup().find("madvise").isPresent();
  }

  /**
   * Zeroed memory with the lifetime of {@code arena}, aligned to huge pages and in huge pages as
   * far as the system provides them. Ordinary memory if it is smaller than a huge page, or if
   * native calls are not possible.
   *
   * @param alignment for ordinary memory
   * @throws OutOfMemoryError if there is not enough memory
   */
  static MemorySegment allocate(Arena arena, long bytes, long alignment) {
    if (bytes < BYTES || !isSupported()) {
      return arena.allocate(bytes, alignment);
    }
    long whole = (bytes + BYTES - 1) & -BYTES;
    MemorySegment memory = take(whole);
    if (memory.equals(MemorySegment.NULL)) {
      return arena.allocate(bytes, alignment); // its error names what is exhausted
    }
    return owned(memory, whole, arena).fill((byte) 0).asSlice(0, bytes);
  }

  private static MemorySegment take(long bytes) {
    try {
      MemorySegment memory = (MemorySegment) Libc.ALIGNED_ALLOC.invokeExact(BYTES, bytes);
      if (!memory.equals(MemorySegment.NULL)) {
        int unused = (int) Libc.MADVISE.invokeExact(memory, bytes, MADV_HUGEPAGE);
      }
      return memory;
    } catch (Throwable e) {
      throw new AssertionError("a native call does not throw", e);
    }
  }

  @SuppressWarnings("restricted") // the size is what was allocated
  private static MemorySegment owned(MemorySegment memory, long bytes, Arena arena) {
    return memory.reinterpret(bytes, arena, HugePages::free);
  }

  private static void free(MemorySegment memory) {
    try {
      Libc.FREE.invokeExact(memory);
    } catch (Throwable e) {
      throw new AssertionError("a native call does not throw", e);
    }
  }
}
