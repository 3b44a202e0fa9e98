// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.runtime.jvm;

import java.lang.System.Logger.Level;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * A monotonic clock that advances while the machine is suspended, if the system has one. {@link
 * System#nanoTime} does not advance then on Linux and macOS, so a lease measured with it would not
 * expire. Thread-safe; reading it allocates nothing.
 */
sealed interface BootClock permits BootClock.Linux, BootClock.Mac, BootClock.Plain {
  /** The time in nanoseconds since a fixed moment. */
  long nanoTime();

  /** The best clock of this system. */
  static BootClock ofThisSystem() {
    return Chosen.CLOCK;
  }

  /** Chosen once per process, so that its absence is logged once. */
  final class Chosen {
    static final BootClock CLOCK = choose();

    private Chosen() {}

    private static BootClock choose() {
      SymbolLookup system = Linker.nativeLinker().defaultLookup();
      boolean mac = system.find(Mac.FUNCTION).isPresent();
      boolean linux = system.find(Linux.FUNCTION_ONLY_THERE).isPresent();
      if (!linux && !mac) {
        return new Plain();
      }
      Optional<? extends BootClock> found = mac ? Mac.find() : Linux.find();
      if (found.isPresent()) {
        return found.get();
      }
      System.getLogger("io.weft.runtime")
          .log(
              Level.WARNING,
              "no clock that advances while this machine is suspended: do not suspend it while the"
                  + " node runs; allow native access to io.weft.plugin.runtime.jvm"
                  + " (weft.native-access, or --enable-native-access on the command line)");
      return new Plain();
    }

    @SuppressWarnings("restricted") // only used where native access is granted
    static Optional<MethodHandle> link(
        String name, FunctionDescriptor function, Linker.Option... options) {
      if (!BootClock.class.getModule().isNativeAccessEnabled()) {
        return Optional.empty();
      }
      Linker linker = Linker.nativeLinker();
      return linker
          .defaultLookup()
          .find(name)
          .map(address -> linker.downcallHandle(address, function, options));
    }
  }

  /** CLOCK_BOOTTIME of Linux, which costs the same as {@link System#nanoTime}. */
  final class Linux implements BootClock {
    /** A function of the C library that exists only on Linux. */
    static final String FUNCTION_ONLY_THERE = "epoll_create1";

    private static final int CLOCK_BOOTTIME = 7;
    private static final long NS_PER_S = 1_000_000_000;

    /*
     * A critical call: the thread stays in the Java state, so the call can use heap memory, and
     * delays a garbage collection only by the duration of the clock call. There is one record per
     * thread: a new one for each call would be garbage, and a shared one would be torn.
     */
    private static final Optional<MethodHandle> CLOCK_GETTIME =
        Chosen.link(
            "clock_gettime",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS),
            Linker.Option.critical(true));

    private static final MethodHandle CALL = CLOCK_GETTIME.orElse(null);
    private static final ThreadLocal<Timespec> TIMESPEC = ThreadLocal.withInitial(Timespec::new);

    private static final class Timespec {
      final long[] words = new long[2];
      final MemorySegment memory = MemorySegment.ofArray(words);
    }

    private Linux() {}

    static Optional<Linux> find() {
      return CLOCK_GETTIME.isPresent() && read(TIMESPEC.get()) == 0
          ? Optional.of(new Linux())
          : Optional.empty();
    }

    private static int read(Timespec into) {
      try {
        return (int) CALL.invokeExact(CLOCK_BOOTTIME, into.memory);
      } catch (Throwable e) {
        throw new AssertionError("a native call does not throw", e);
      }
    }

    @Override
    public long nanoTime() {
      Timespec now = TIMESPEC.get();
      int failed = read(now);
      assert failed == 0 : "a clock that could be read cannot be read";
      return now.words[0] * NS_PER_S + now.words[1];
    }
  }

  /** The continuous time of macOS. */
  final class Mac implements BootClock {
    static final String FUNCTION = "mach_continuous_time";

    private static final Optional<MethodHandle> CONTINUOUS_TIME =
        Chosen.link(
            FUNCTION, FunctionDescriptor.of(ValueLayout.JAVA_LONG), Linker.Option.critical(false));
    private static final MethodHandle CALL = CONTINUOUS_TIME.orElse(null);

    private final long numerator;
    private final long denominator;

    private Mac(int[] timebase) {
      this.numerator = timebase[0];
      this.denominator = timebase[1];
    }

    static Optional<Mac> find() {
      Optional<MethodHandle> timebase =
          Chosen.link(
              "mach_timebase_info",
              FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS),
              Linker.Option.critical(true));
      if (CONTINUOUS_TIME.isEmpty() || timebase.isEmpty()) {
        return Optional.empty();
      }
      int[] words = new int[2];
      try {
        int failed = (int) timebase.get().invokeExact(MemorySegment.ofArray(words));
        return failed == 0 && words[1] > 0 ? Optional.of(new Mac(words)) : Optional.empty();
      } catch (Throwable e) {
        throw new AssertionError("a native call does not throw", e);
      }
    }

    @Override
    public long nanoTime() {
      try {
        long ticks = (long) CALL.invokeExact();
        return ticks / denominator * numerator + ticks % denominator * numerator / denominator;
      } catch (Throwable e) {
        throw new AssertionError("a native call does not throw", e);
      }
    }
  }

  /** {@link System#nanoTime}, where there is no better clock. */
  final class Plain implements BootClock {
    private Plain() {}

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }
  }
}
