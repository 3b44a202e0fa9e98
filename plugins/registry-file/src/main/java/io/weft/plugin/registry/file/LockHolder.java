// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The description in a lock file of the process that holds the lock: one line of text, padded with
 * blanks to {@value #BYTES} bytes, so that one write replaces it.
 *
 * @param pid its process number, in its namespace
 * @param started its start time, which distinguishes it from a later process with the same number
 *     ({@link Host#startOf}); 0: unknown
 * @param host its machine, boot and namespace ({@link Host})
 * @param killable whether the nodes of its machine may kill it
 * @param incarnation the node's incarnation
 */
record LockHolder(long pid, long started, String host, boolean killable, long incarnation) {
  /** Size of a lock file; one sector, so that it is written completely or not at all. */
  static final int BYTES = 512;

  /** First word of a lock file: name and version of the format. */
  private static final String FORMAT = "weft-lock-2";

  /** Number of words in a lock file. */
  private static final int WORDS = 6;

  /** Describes this process, for an incarnation of a node. */
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

  /** Decodes a file; empty if it has not been written completely, or is no lock file. */
  static Optional<LockHolder> decode(ByteBuffer bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      String[] words = text.strip().split(" ");
      if (bytes.limit() > BYTES || words.length != WORDS || !words[0].equals(FORMAT)) {
        return Optional.empty();
      }
      return Optional.of(
          new LockHolder(
              Long.parseLong(value(words[1])),
              Long.parseLong(value(words[2])),
              value(words[3]),
              Boolean.parseBoolean(value(words[4])),
              Long.parseLong(value(words[5]))));
    } catch (NumberFormatException | CharacterCodingException _) {
      return Optional.empty();
    }
  }

  private static String value(String word) {
    return word.substring(word.indexOf('=') + 1);
  }

  /**
   * The process, if it may be killed and is identified with certainty: it has the same machine,
   * boot and namespace as the caller, the process with its number has its start time, and it is not
   * the caller's process.
   */
  Optional<ProcessHandle> victim() {
    boolean same = killable && started != 0 && host.equals(Host.identity());
    if (!same || pid == ProcessHandle.current().pid()) {
      return Optional.empty();
    }
    // Killing compares the start time again, so a reused number is safe.
    return ProcessHandle.of(pid).filter(found -> Host.startOf(found) == started);
  }
}
