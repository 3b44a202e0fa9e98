// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import io.weft.api.Member;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The settings that all nodes of a cluster must have alike: key and value as normalised text, in
 * the order of the keys. Two nodes that differ in one of them would corrupt what they share, so
 * they refuse each other and name it.
 *
 * @param values whole key to value, for example {@code weft.block-size} to {@code 8 KiB}
 */
public record ClusterSettings(SortedMap<String, String> values) {
  /** Longest form of all settings together. */
  public static final int MAX_BYTES = 32 << 10;

  /** Nothing has to be alike. */
  public static final ClusterSettings NONE = new ClusterSettings(new TreeMap<>());

  private static final int MAX_NAMED = 8;
  private static final int MAX_SHOWN = 60;

  /** Copies the map and checks that it can be sent. */
  public ClusterSettings {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    int bytes = bytes(values);
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "the settings that all nodes share, weft.members among them, take "
              + bytes
              + " bytes; allowed are "
              + MAX_BYTES
              + ": use shorter host names");
    }
  }

  /** What is alike in every cluster: its name, its members and the size of its blocks. */
  static ClusterSettings core(String clusterName, List<Member> members, int blockBytes) {
    SortedMap<String, String> values = new TreeMap<>();
    values.put("weft.cluster-name", clusterName);
    values.put("weft.block-size", blockBytes + " bytes");
    members.forEach(
        member -> values.put("weft.members." + member.id(), member.host() + ":" + member.port()));
    return new ClusterSettings(values);
  }

  /** These and others; of the same key the other's value. */
  public ClusterSettings and(ClusterSettings others) {
    SortedMap<String, String> all = new TreeMap<>(values);
    all.putAll(others.values);
    return new ClusterSettings(all);
  }

  /**
   * What differs, for people; empty if nothing does. Names every key with both values, the first
   * few if there are many.
   *
   * @param here who has these settings
   * @param there who has the others
   */
  public String differences(String here, ClusterSettings others, String there) {
    TreeSet<String> keys = new TreeSet<>(values.keySet());
    keys.addAll(others.values.keySet());
    keys.removeIf(key -> Objects.equals(values.get(key), others.values.get(key)));
    List<String> named = new ArrayList<>();
    for (String key : keys) {
      if (named.size() == MAX_NAMED) {
        named.add("and " + (keys.size() - MAX_NAMED) + " more");
        break;
      }
      named.add(key + " is " + shown(key) + " " + here + " and " + others.shown(key) + " " + there);
    }
    return String.join(", ", named);
  }

  private String shown(String key) {
    String value = values.get(key);
    if (value == null) {
      return "missing";
    }
    if (value.isEmpty()) {
      return "empty";
    }
    return value.length() > MAX_SHOWN ? value.substring(0, MAX_SHOWN) + "..." : value;
  }

  /** Equal for equal settings, and for others only by an accident that nobody will see. */
  public long fingerprint() {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(encode())).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** As bytes: u16 count, then key and value, each as u16 length and UTF-8. */
  public byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(bytes(values));
    out.putShort((short) values.size());
    values.forEach(
        (key, value) -> {
          put(out, key);
          put(out, value);
        });
    return out.array();
  }

  /**
   * Reads what {@link #encode} has written.
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static ClusterSettings decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      int count = in.getShort();
      SortedMap<String, String> values = new TreeMap<>();
      for (int i = 0; i < count; i++) {
        values.put(text(in), text(in));
      }
      if (in.hasRemaining() || count != values.size()) {
        throw new IllegalArgumentException("settings of a wrong length");
      }
      return new ClusterSettings(values);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("settings are cut short", e);
    }
  }

  private static int bytes(SortedMap<String, String> values) {
    int bytes = Short.BYTES;
    for (Map.Entry<String, String> entry : values.entrySet()) {
      bytes += 2 * Short.BYTES + utf8(entry.getKey()).length + utf8(entry.getValue()).length;
    }
    return bytes;
  }

  private static void put(ByteBuffer out, String text) {
    byte[] utf8 = utf8(text);
    out.putShort((short) utf8.length).put(utf8);
  }

  private static String text(ByteBuffer in) {
    int length = Short.toUnsignedInt(in.getShort());
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] utf8 = new byte[length];
    in.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
