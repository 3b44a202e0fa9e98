// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * A second descriptor of a connection's socket, for writes from any thread.
 *
 * <p>Without it a sending thread would have to wake the event loop, which costs as much as the
 * transmission to the peer. The event loop's own descriptor cannot be used: the loop may close it
 * at any time, and its number may then belong to a file. This descriptor is closed only by its
 * owner, which also writes; one thread at a time. Needs native epoll and native access of this
 * module.
 */
final class DirectSocket {
  /** Most pieces of memory in one write. */
  static final int MAX_PIECES = 128;

  /** errno of Linux: the call was interrupted by a signal. */
  private static final int EINTR = 4;

  /** errno of Linux: the socket's buffer is full. */
  private static final int EAGAIN = 11;

  /** Size of a {@code struct iovec} on 64-bit systems. */
  private static final long ENTRY_BYTES = 16;

  /** The functions of the C library; linked when first used. */
  @SuppressWarnings("restricted") // only used where native access is granted
  private static final class Libc {
    static final MemoryLayout CAPTURED = Linker.Option.captureStateLayout();
    static final long ERRNO = CAPTURED.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    static final MethodHandle DUP =
        link("dup", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    static final MethodHandle CLOSE =
        link("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    static final MethodHandle WRITEV =
        link(
            "writev",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"));

    private static MethodHandle link(
        String name, FunctionDescriptor function, Linker.Option... options) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), function, options);
    }
  }

  private final int descriptor;
  private final MemorySegment captured;
  private final MemorySegment entries;

  private DirectSocket(int descriptor) {
    this.descriptor = descriptor;
    Arena arena = Arena.ofAuto();
    this.captured = arena.allocate(Libc.CAPTURED);
    this.entries = arena.allocate(MAX_PIECES * ENTRY_BYTES, ENTRY_BYTES);
  }

  /** Whether this module may call native functions. */
  static boolean isSupported() {
    return DirectSocket.class.getModule().isNativeAccessEnabled();
  }

  /**
   * Duplicates the descriptor of a connection; empty where that is not possible, and for encrypted
   * connections, whose bytes the event loop has to encrypt in their order. Event loop of the
   * channel.
   */
  static Optional<DirectSocket> of(Channel channel) {
    boolean encrypted = channel.pipeline().get(SslHandler.class) != null;
    if (encrypted
        || !isSupported()
        || !(channel instanceof EpollSocketChannel epoll)
        || !epoll.isOpen()) {
      return Optional.empty();
    }
    int descriptor = dup(epoll.fd().intValue());
    return descriptor < 0 ? Optional.empty() : Optional.of(new DirectSocket(descriptor));
  }

  private static int dup(int original) {
    try {
      return (int) Libc.DUP.invokeExact(original);
    } catch (Throwable e) {
      throw new AssertionError("a native call does not throw", e);
    }
  }

  /** Sets a piece of memory to be written. The caller keeps the memory alive. */
  void piece(int index, long address, long bytes) {
    entries.set(ValueLayout.JAVA_LONG, index * ENTRY_BYTES, address);
    entries.set(ValueLayout.JAVA_LONG, index * ENTRY_BYTES + 8, bytes);
  }

  /**
   * Writes as much of the first {@code pieces} pieces as the kernel accepts now.
   *
   * @return bytes written, possibly 0
   * @throws IOException if the connection is broken
   */
  long write(int pieces) throws IOException {
    while (true) {
      long written;
      try {
        written = (long) Libc.WRITEV.invokeExact(captured, descriptor, entries, pieces);
      } catch (Throwable e) {
        throw new AssertionError("a native call does not throw", e);
      }
      if (written >= 0) {
        return written;
      }
      int errno = captured.get(ValueLayout.JAVA_INT, Libc.ERRNO);
      if (errno == EAGAIN) {
        return 0;
      }
      if (errno != EINTR) {
        throw new IOException("write failed, errno " + errno);
      }
    }
  }

  /** Closes the descriptor. */
  void close() {
    try {
      int unused = (int) Libc.CLOSE.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new AssertionError("a native call does not throw", e);
    }
  }
}
