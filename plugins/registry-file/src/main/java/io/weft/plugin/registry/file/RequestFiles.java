// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.registry.file;

import io.weft.api.MemberErrors;
import io.weft.api.WeftException;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.storage.StableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Requests to change the members, and their answers: {@code request-<number, 19 digits>} and {@code
 * answer-<number, 19 digits>} in a directory of their own. Format 1, big-endian: u32 magic "WFRQ",
 * u32 format, u64 number, u32 length, the bytes, u32 CRC-32C over all before. Thread-safe.
 */
final class RequestFiles {
  /*
   * A file appears complete or not at all: it is written under another name, forced, and then
   * linked. Two processes that choose the same number try to link the same name; one of them fails
   * and chooses a larger one. The file of the largest number is never removed before there is one
   * of a larger number, so no number is used twice.
   *
   * A request that has an answer is pending no more. Its file is removed after the answer is there,
   * and before the answer goes: else it would be pending again.
   *
   * Processes with the same id of a node and the same id of a process may ask at once, in
   * containers. So a draft has a name of its own each time. One that a process left behind when it
   * was killed is removed when it is certainly not in use any more.
   */

  /** Name of the directory, below that of the records. */
  static final String SUBDIRECTORY = "requests";

  private static final String REQUEST = "request-";
  private static final String ANSWER = "answer-";
  private static final String DRAFT = "draft-";

  /** Other names are not those of this class: a number has 19 digits and stays below 10^18. */
  private static final Pattern DIGITS = Pattern.compile("0[0-9]{18}");

  /** A draft that is older than this was left behind: 1 h. */
  private static final long DRAFT_AGE_MS = 3_600_000;

  /** First bytes of a file: "WFRQ". */
  private static final int MAGIC = 'W' << 24 | 'F' << 16 | 'R' << 8 | 'Q';

  /** Version of the format. */
  private static final int FORMAT = 1;

  /** Bytes before the content. */
  private static final int HEAD = 20;

  /** Bytes of the checksum. */
  private static final int CHECKSUM = 4;

  private final Path directory;

  RequestFiles(Path registry) {
    this.directory = registry.resolve(SUBDIRECTORY);
  }

  long ask(byte[] request, long above) throws IOException {
    if (request.length < 1 || request.length > ClusterRegistry.MAX_REQUEST_BYTES) {
      throw new IllegalArgumentException(
          "a request has "
              + request.length
              + " bytes, the registry takes 1 to "
              + ClusterRegistry.MAX_REQUEST_BYTES);
    }
    prepare();
    if (pendingNumbers().size() >= ClusterRegistry.MAX_REQUESTS) {
      throw new WeftException(
          MemberErrors.TOO_MANY_REQUESTS,
          directory
              + " has "
              + ClusterRegistry.MAX_REQUESTS
              + " requests without an answer; a member answers them when the cluster runs: wait, or"
              + " start it");
    }
    long number = Math.max(above, Math.max(largest(REQUEST), largest(ANSWER)));
    do {
      number++;
    } while (!create(REQUEST, number, request));
    return number;
  }

  /** The first pending requests. No more than the registry takes, however many files there are. */
  List<ClusterRegistry.Request> pending() throws IOException {
    List<ClusterRegistry.Request> pending = new ArrayList<>();
    for (long number : pendingNumbers()) {
      if (pending.size() == ClusterRegistry.MAX_REQUESTS) {
        break;
      }
      try {
        byte[] request = read(REQUEST, number).orElse(new byte[0]);
        pending.add(new ClusterRegistry.Request(number, request));
      } catch (NoSuchFileException _) {
        // Answered meanwhile.
      } catch (AccessDeniedException _) {
        // It belongs to a user who lets nobody read it: the others behind it must not wait for it.
        pending.add(new ClusterRegistry.Request(number, new byte[0]));
      }
    }
    return pending;
  }

  void answer(long number, byte[] answer) throws IOException {
    if (answer.length > ClusterRegistry.MAX_REQUEST_BYTES) {
      throw new IllegalArgumentException(
          "an answer has "
              + answer.length
              + " bytes, the registry takes 0 to "
              + ClusterRegistry.MAX_REQUEST_BYTES);
    }
    create(ANSWER, number, answer); // if there is one, that one counts
    Files.deleteIfExists(path(REQUEST, number));
    TreeSet<Long> answers = numbers(ANSWER);
    while (answers.size() > ClusterRegistry.MAX_REQUESTS) {
      long oldest = answers.pollFirst();
      Files.deleteIfExists(path(REQUEST, oldest)); // whoever answered it may have died before this
      Files.deleteIfExists(path(ANSWER, oldest));
    }
  }

  Optional<byte[]> answerTo(long number) throws IOException {
    try {
      return read(ANSWER, number);
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
  }

  /** Makes the directory, but not that of the registry: perhaps its storage is not mounted. */
  void prepare() throws IOException {
    if (!Files.isDirectory(directory)) {
      try {
        Files.createDirectory(directory);
      } catch (FileAlreadyExistsException _) {
        // Made by another process just now.
      }
      StableFile.force(directory.getParent());
    }
  }

  private TreeSet<Long> pendingNumbers() throws IOException {
    TreeSet<Long> pending = numbers(REQUEST);
    if (!pending.isEmpty()) {
      pending.removeAll(numbers(ANSWER)); // the writer of the answer died before it removed them
    }
    return pending;
  }

  private long largest(String prefix) throws IOException {
    TreeSet<Long> numbers = numbers(prefix);
    return numbers.isEmpty() ? 0 : numbers.last();
  }

  private TreeSet<Long> numbers(String prefix) throws IOException {
    TreeSet<Long> numbers = new TreeSet<>();
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory, prefix + "*")) {
      for (Path path : paths) {
        String digits = path.getFileName().toString().substring(prefix.length());
        if (DIGITS.matcher(digits).matches()) {
          numbers.add(Long.parseLong(digits));
        }
      }
    } catch (NoSuchFileException _) {
      return numbers; // nobody has asked yet
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return numbers;
  }

  private Path path(String prefix, long number) {
    return directory.resolve(String.format(Locale.ROOT, "%s%019d", prefix, number));
  }

  /** An empty file that no other process has chosen. */
  private Path ownDraft() throws IOException {
    String name = DRAFT + ProcessHandle.current().pid() + "-";
    for (int number = 1; ; number++) {
      try {
        return Files.createFile(directory.resolve(name + number));
      } catch (FileAlreadyExistsException _) {
        // Of another process, or left behind.
      }
    }
  }

  /** Creates a file that survives a power failure; false if there is one of this name. */
  private boolean create(String prefix, long number, byte[] content) throws IOException {
    prepare();
    Path draft = ownDraft();
    try {
      ViewFiles.writeForced(draft, encode(number, content));
      Files.createLink(path(prefix, number), draft);
      removeDraftsBefore(Files.getLastModifiedTime(draft).toMillis() - DRAFT_AGE_MS);
    } catch (FileAlreadyExistsException _) {
      return false;
    } finally {
      Files.deleteIfExists(draft);
    }
    StableFile.force(directory);
    return true;
  }

  /** Both times are of the storage, so no clock of this machine counts. */
  private void removeDraftsBefore(long ms) throws IOException {
    try (DirectoryStream<Path> drafts = Files.newDirectoryStream(directory, DRAFT + "*")) {
      for (Path draft : drafts) {
        if (Files.getLastModifiedTime(draft).toMillis() < ms) {
          Files.deleteIfExists(draft);
        }
      }
    } catch (NoSuchFileException _) {
      return; // its owner, or another process, has removed one just now
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  // ---- the form of a file

  static ByteBuffer encode(long number, byte[] content) {
    ByteBuffer out = ByteBuffer.allocate(HEAD + content.length + CHECKSUM);
    out.putInt(MAGIC).putInt(FORMAT).putLong(number).putInt(content.length).put(content);
    out.putInt(crc(out.duplicate().flip()));
    return out.flip();
  }

  /** The content of a file; empty if it is damaged. Files that are too long are not read. */
  private Optional<byte[]> read(String prefix, long number) throws IOException {
    Path path = path(prefix, number);
    if (Files.size(path) > HEAD + ClusterRegistry.MAX_REQUEST_BYTES + CHECKSUM) {
      return Optional.empty();
    }
    return decode(number, Files.readAllBytes(path));
  }

  /** The content of a file with a request or an answer; empty if it is not that file. */
  static Optional<byte[]> decode(long number, byte[] file) {
    if (file.length < HEAD + CHECKSUM) {
      return Optional.empty();
    }
    ByteBuffer in = ByteBuffer.wrap(file);
    boolean fits = in.getInt() == MAGIC && in.getInt() == FORMAT && in.getLong() == number;
    int length = in.getInt();
    if (!fits
        || length != file.length - HEAD - CHECKSUM
        || crc(ByteBuffer.wrap(file, 0, HEAD + length)) != in.getInt(HEAD + length)) {
      return Optional.empty();
    }
    byte[] content = new byte[length];
    in.get(content);
    return Optional.of(content);
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
