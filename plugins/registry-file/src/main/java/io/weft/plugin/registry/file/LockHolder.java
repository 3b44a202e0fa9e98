// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a lock file says about the process that locks it: one line of text, filled with blanks to
 * {@value #BYTES} bytes, so that it is replaced by one write.
 *
 * @param pid its number, in its space of such numbers
 * @param started when it was started, to tell it from a later one of the same number ({@link
 *     Host#startOf}); 0: unknown
 * @param host its machine since the last boot, and its space of process numbers ({@link Host})
 * @param killable whether the nodes of its machine may kill it
 * @param incarnation the node's life
 */
record LockHolder(long pid, long started, String host, boolean killable, long incarnation) {
  static final int BYTES = 512;

  private static final String FORMAT = "weft-lock-2";
  private static final int WORDS = 6;

  /** This process, for a life of a node. */
  static LockHolder self(boolean killable, long incarnation) {
    ProcessHandle process = ProcessHandle.current();
    return new LockHolder(
        process.pid(), Host.startOf(process), Host.identity(), killable, incarnation);
  }

  ByteBuffer encode() {
    String line =
        String.join(
            " ",
            FORMAT,
            "pid=" + pid,
            "started=" + started,
            "host=" + host,
            "killable=" + killable,
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
    if (words.length != WORDS || !words[0].equals(FORMAT)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new LockHolder(
              Long.parseLong(value(words[1])),
              Long.parseLong(value(words[2])),
              value(words[3]),
              Boolean.parseBoolean(value(words[4])),
              Long.parseLong(value(words[5]))));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  private static String value(String word) {
    return word.substring(word.indexOf('=') + 1);
  }

  /**
   * The process itself, if it may be killed and can be told for sure: it runs on this machine since
   * the same boot, its number is of the same space, the process of that number was started when
   * this one was, and it is not the caller's.
   */
  Optional<ProcessHandle> victim() {
    boolean same = killable && started != 0 && host.equals(Host.identity());
    if (!same || pid == ProcessHandle.current().pid()) {
      return Optional.empty();
    }
    // Killing compares the start once more: a number that goes to another process meanwhile is
    // safe.
    return ProcessHandle.of(pid).filter(found -> Host.startOf(found) == started);
  }
}
