// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The system call {@code futex} of Linux on words of shared memory: a thread sleeps until another
 * process wakes it. Needs native access of this module. Allocates nothing in a call.
 */
final class Futex {
  /** Number of the system call by the machine in the header of a program: x86-64, AArch64. */
  private static final Map<Integer, Long> NUMBERS = Map.of(62, 202L, 183, 98L);

  /** The program of this process; only Linux has this file. */
  private static final Path PROGRAM = Path.of("/proc/self/exe");

  /** Where the machine is in the header of a program, as two bytes. */
  private static final int MACHINE_AT = 18;

  private static final int WAIT = 0;
  private static final int WAKE = 1;
  private static final long NS_PER_SECOND = 1_000_000_000L;

  /** Bytes of a {@code struct timespec}. */
  private static final long TIMESPEC_BYTES = 16;

  private static final long NUMBER = NUMBERS.getOrDefault(machine(), -1L);

  /** The function of the C library; linked when first used. */
  @SuppressWarnings("restricted") // only used where native access is granted
  private static final class Libc {
    /** Five arguments suffice for both operations; the sixth is ignored. */
    static final MethodHandle SYSCALL =
        Linker.nativeLinker()
            .downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG),
                Linker.Option.firstVariadicArg(1));
  }

  private final MemorySegment timeout;

  /** Creates the place of the time-out of one thread, in {@code arena}. */
  Futex(Arena arena) {
    timeout = arena.allocate(TIMESPEC_BYTES, ValueLayout.JAVA_LONG.byteAlignment());
  }

  /** Whether the system has the call, and this module may use it. */
  static boolean isSupported() {
    return NUMBER > 0 && Futex.class.getModule().isNativeAccessEnabled();
  }

  /** The machine for which the program is made; -1 if that is not known. */
  private static int machine() {
    try (InputStream program = Files.newInputStream(PROGRAM)) {
      byte[] header = program.readNBytes(MACHINE_AT + 2);
      return header.length < MACHINE_AT + 2
          ? -1
          : ByteBuffer.wrap(header).order(ByteOrder.nativeOrder()).getShort(MACHINE_AT);
    } catch (IOException _) {
      return -1; // no Linux
    }
  }

  /**
   * Sleeps while the word has an expected value, until it is woken or a time has passed. May return
   * without a reason. One thread only.
   */
  void await(MemorySegment memory, long at, int expected, long ns) {
    timeout.set(ValueLayout.JAVA_LONG, 0, ns / NS_PER_SECOND);
    timeout.set(ValueLayout.JAVA_LONG, 8, ns % NS_PER_SECOND);
    call(memory.address() + at, WAIT, expected, timeout.address());
  }

  /** Wakes the thread that sleeps on the word, if there is one. Any thread. */
  static void wake(MemorySegment memory, long at) {
    call(memory.address() + at, WAKE, 1, 0);
  }

  private static void call(long address, long operation, long value, long timeout) {
    try {
      long unused = (long) Libc.SYSCALL.invokeExact(NUMBER, address, operation, value, timeout);
    } catch (Throwable e) {
      throw new AssertionError("a native call does not throw", e);
    }
  }
}
