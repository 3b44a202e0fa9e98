// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a lock file says about the process that locks it: one line of text, filled with blanks to
 * {@value #BYTES} bytes, so that it is replaced by one write.
 *
 * @param pid its number on its machine
 * @param startedMillis when the process was started, to tell it from a later one of the same number
 * @param host its machine ({@link Host})
 * @param incarnation the node's life
 */
record LockHolder(long pid, long startedMillis, String host, long incarnation) {
  static final int BYTES = 512;

  private static final String FORMAT = "weft-lock-1";

  /** This process, for a life of a node. */
  static LockHolder self(long incarnation) {
    ProcessHandle process = ProcessHandle.current();
    return new LockHolder(process.pid(), started(process), Host.identity(), incarnation);
  }

  ByteBuffer encode() {
    String line =
        String.join(
            " ",
            FORMAT,
            "pid=" + pid,
            "started=" + startedMillis,
            "host=" + host,
            "incarnation=" + incarnation);
    byte[] bytes = new byte[BYTES];
    Arrays.fill(bytes, (byte) ' ');
    byte[] text = line.getBytes(StandardCharsets.UTF_8);
    if (text.length > BYTES - 1) {
      throw new IllegalArgumentException(
          "the holder of a lock takes "
              + text.length
              + " bytes, at most "
              + (BYTES - 1)
              + ": "
              + line);
    }
    System.arraycopy(text, 0, bytes, 0, text.length);
    bytes[BYTES - 1] = '\n';
    return ByteBuffer.wrap(bytes);
  }

  /** Empty if the file has not been written completely. */
  static Optional<LockHolder> decode(ByteBuffer bytes) {
    String[] words = StandardCharsets.UTF_8.decode(bytes).toString().strip().split(" ");
    if (words.length != 5 || !words[0].equals(FORMAT)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new LockHolder(
              Long.parseLong(value(words[1])),
              Long.parseLong(value(words[2])),
              value(words[3]),
              Long.parseLong(value(words[4]))));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  private static String value(String word) {
    return word.substring(word.indexOf('=') + 1);
  }

  /** The process itself, if it runs on this machine, is not this one, and can be told for sure. */
  Optional<ProcessHandle> process() {
    if (!host.equals(Host.identity()) || pid == ProcessHandle.current().pid()) {
      return Optional.empty();
    }
    return ProcessHandle.of(pid)
        .filter(found -> startedMillis != 0 && started(found) == startedMillis);
  }

  private static long started(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }
}
