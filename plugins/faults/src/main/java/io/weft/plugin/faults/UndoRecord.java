// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.faults;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;

/** A record of an {@link UndoJournal}. */
sealed interface UndoRecord {
  /** The time of the operation, by the monotonic clock that all processes of a host share. */
  long atNs();

  /**
   * Bytes were written.
   *
   * @param serial grows with each write of the process
   * @param path the file's name at the time of the write
   * @param file identifies the file independently of its name
   * @param offset of the first byte
   * @param length number of bytes
   * @param stamp new stamp of the sectors
   * @param stampsBefore old stamps of the sectors
   * @param sizeBefore the file's length before
   * @param before the old bytes; zeros beyond the end of the file
   */
  record Written(
      long atNs,
      long serial,
      Path path,
      String file,
      long offset,
      int length,
      long stamp,
      long[] stampsBefore,
      long sizeBefore,
      byte[] before)
      implements UndoRecord {}

  /** A file was truncated to {@code size}; {@code tail} has the removed bytes. */
  record Truncated(long atNs, long serial, Path path, String file, long size, byte[] tail)
      implements UndoRecord {}

  /** Writes to a file up to a serial are stable, except those abandoned before. */
  record Forced(long atNs, long serial, String file) implements UndoRecord {}

  /** A force failed: later forces do not make writes up to a serial stable. */
  record Abandoned(long atNs, long serial, String file) implements UndoRecord {}

  /**
   * Names were changed.
   *
   * @param key identifies the file with the new name; empty if the name was removed
   * @param kept another name of the file whose name was removed or overwritten
   */
  record Named(long atNs, NameChange change, String key, Optional<Path> kept)
      implements UndoRecord {}

  /** The names in a directory at that time are stable. */
  record NamesForced(long atNs, Path directory) implements UndoRecord {}

  /** Encodes the record, without its length. */
  default byte[] encode() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeLong(atNs());
      switch (this) {
        case Written w -> {
          out.writeByte(0);
          out.writeLong(w.serial);
          out.writeUTF(w.path.toString());
          out.writeUTF(w.file);
          out.writeLong(w.offset);
          out.writeInt(w.length);
          out.writeLong(w.stamp);
          out.writeInt(w.stampsBefore.length);
          for (long stamp : w.stampsBefore) {
            out.writeLong(stamp);
          }
          out.writeLong(w.sizeBefore);
          writeBytes(out, w.before);
        }
        case Truncated t -> {
          out.writeByte(1);
          out.writeLong(t.serial);
          out.writeUTF(t.path.toString());
          out.writeUTF(t.file);
          out.writeLong(t.size);
          writeBytes(out, t.tail);
        }
        case Forced f -> {
          out.writeByte(2);
          out.writeLong(f.serial);
          out.writeUTF(f.file);
        }
        case Abandoned a -> {
          out.writeByte(3);
          out.writeLong(a.serial);
          out.writeUTF(a.file);
        }
        case Named n -> {
          out.writeByte(4);
          out.writeByte(n.change.kind().ordinal());
          out.writeUTF(n.change.from().toString());
          out.writeUTF(n.change.to().toString());
          out.writeUTF(n.key);
          out.writeUTF(n.kept.map(Path::toString).orElse(""));
        }
        case NamesForced f -> {
          out.writeByte(5);
          out.writeUTF(f.directory.toString());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Decodes a record. */
  static UndoRecord decode(byte[] bytes) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      long atNs = in.readLong();
      return switch (in.readByte()) {
        case 0 -> written(atNs, in);
        case 1 ->
            new Truncated(
                atNs,
                in.readLong(),
                Path.of(in.readUTF()),
                in.readUTF(),
                in.readLong(),
                readBytes(in));
        case 2 -> new Forced(atNs, in.readLong(), in.readUTF());
        case 3 -> new Abandoned(atNs, in.readLong(), in.readUTF());
        case 4 ->
            new Named(
                atNs,
                new NameChange(
                    NameChange.Kind.values()[in.readByte()],
                    Path.of(in.readUTF()),
                    Path.of(in.readUTF())),
                in.readUTF(),
                Optional.of(in.readUTF()).filter(name -> !name.isEmpty()).map(Path::of));
        case 5 -> new NamesForced(atNs, Path.of(in.readUTF()));
        default -> throw new IOException("no kind of record");
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Written written(long atNs, DataInputStream in) throws IOException {
    long serial = in.readLong();
    Path path = Path.of(in.readUTF());
    String file = in.readUTF();
    long offset = in.readLong();
    int length = in.readInt();
    long stamp = in.readLong();
    long[] stampsBefore = new long[in.readInt()];
    for (int i = 0; i < stampsBefore.length; i++) {
      stampsBefore[i] = in.readLong();
    }
    return new Written(
        atNs,
        serial,
        path,
        file,
        offset,
        length,
        stamp,
        stampsBefore,
        in.readLong(),
        readBytes(in));
  }

  private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] readBytes(DataInputStream in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    if (in.readNBytes(bytes, 0, bytes.length) < bytes.length) {
      throw new EOFException();
    }
    return bytes;
  }
}
