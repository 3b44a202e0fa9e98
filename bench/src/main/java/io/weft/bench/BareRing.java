// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * The minimum cost of messages through memory: two rings of Agrona in one mapped file, one for each
 * direction, polled without a pause. No session, no lanes, no waking.
 */
final class BareRing implements AutoCloseable {
  /** Bytes of each ring, as of the transport. */
  private static final int RING_BYTES = 1 << 20;

  private static final int FILE_BYTES = RING_BYTES + RingBufferDescriptor.TRAILER_LENGTH;
  private static final int TYPE = 1;

  private final Arena arena = Arena.ofShared();
  private final ManyToOneRingBuffer out;
  private final ManyToOneRingBuffer in;
  private final UnsafeBuffer block = new UnsafeBuffer(new byte[PlainSocket.REPLY_BYTES]);
  private final UnsafeBuffer taken = new UnsafeBuffer(new byte[PlainSocket.REPLY_BYTES]);
  private int takenBytes;

  /**
   * Maps the rings.
   *
   * @param first whether this is the process that asks
   */
  BareRing(Path file, boolean first) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment memory = channel.map(MapMode.READ_WRITE, 0, 2L * FILE_BYTES, arena);
      ManyToOneRingBuffer there = ring(memory.asSlice(0, FILE_BYTES));
      ManyToOneRingBuffer back = ring(memory.asSlice(FILE_BYTES, FILE_BYTES));
      out = first ? there : back;
      in = first ? back : there;
    }
  }

  private static ManyToOneRingBuffer ring(MemorySegment memory) {
    return new ManyToOneRingBuffer(new UnsafeBuffer(memory.address(), (int) memory.byteSize()));
  }

  /** Sends a message, once there is room. */
  void send(int bytes) {
    while (!out.write(TYPE, block, 0, bytes)) {
      Thread.onSpinWait();
    }
  }

  /** Takes the messages that are there, copies each, and returns their number. */
  int take() {
    return in.read(
        (_, buffer, index, length) -> {
          takenBytes = length;
          taken.putBytes(0, buffer, index, length);
        });
  }

  /** Waits until the peer has taken everything. */
  void awaitEmpty() {
    while (out.consumerPosition() != out.producerPosition()) {
      Thread.onSpinWait();
    }
  }

  /** Takes one message. */
  void await() {
    while (take() == 0) {
      Thread.onSpinWait();
    }
  }

  /** Bytes of the message taken last. */
  int takenBytes() {
    return takenBytes;
  }

  @Override
  public void close() {
    arena.close();
  }
}
