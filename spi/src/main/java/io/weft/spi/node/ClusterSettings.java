// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.node;

import io.weft.api.Member;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
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
 * The settings that must be equal on all nodes of a cluster: key and value as normalised text, in
 * the order of the keys. Two nodes that differ in such a setting would corrupt their shared data.
 * So they refuse each other and name the setting.
 *
 * @param values full key to value, for example {@code weft.block-size} to {@code 8 KiB}
 */
public record ClusterSettings(SortedMap<String, String> values) {
  /**
   * Largest encoded size of all settings together, in bytes: enough for 1,024 members, and a view
   * record with the settings fits into {@link
   * io.weft.spi.membership.ClusterRegistry#MAX_RECORD_BYTES}.
   */
  public static final int MAX_BYTES = 52 << 10;

  /** No settings. */
  public static final ClusterSettings NONE = new ClusterSettings(new TreeMap<>());

  private static final String MEMBERS = "weft.members.";
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

  /**
   * The settings that are cluster-wide in every cluster: its name, its members with their addresses
   * and weights, and its block size.
   */
  static ClusterSettings core(String clusterName, List<Member> members, int blockBytes) {
    SortedMap<String, String> values = new TreeMap<>();
    values.put("weft.cluster-name", clusterName);
    values.put("weft.block-size", blockBytes + " bytes");
    members.forEach(member -> values.put(MEMBERS + member.id(), text(member)));
    return new ClusterSettings(values);
  }

  /**
   * A member as text: its address, and before it the weight unless it is the default. So the text
   * of a cluster without weights is that of versions that knew none, and a difference of weights is
   * never cut off with a long host name.
   */
  private static String text(Member member) {
    String address = member.host() + ":" + member.port();
    return member.weight() == Member.DEFAULT_WEIGHT
        ? address
        : "weight " + member.weight() + " at " + address;
  }

  /**
   * These settings without the members. The configured members have to be equal on all nodes only
   * until there is a view; from then on all nodes take the list of the views.
   */
  public ClusterSettings withoutMembers() {
    SortedMap<String, String> rest = new TreeMap<>(values);
    rest.keySet().removeIf(key -> key.startsWith(MEMBERS));
    return new ClusterSettings(rest);
  }

  /**
   * The union of these settings and others. For a key in both, the value of {@code others} is used.
   */
  public ClusterSettings and(ClusterSettings others) {
    SortedMap<String, String> all = new TreeMap<>(values);
    all.putAll(others.values);
    return new ClusterSettings(all);
  }

  /**
   * The differences between two sets of settings, as text for an operator; empty if they are equal.
   * Names each key with both values. If there are many differences, names the first few and their
   * number.
   *
   * @param here describes the node with these settings
   * @param there describes the node with the other settings
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

  /**
   * The first 64 bits of the SHA-256 digest of the encoded settings. Equal settings have equal
   * fingerprints. A collision of different settings is practically impossible.
   */
  public long fingerprint() {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(encode())).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Encodes the settings: u16 count, then for each setting key and value, each as u16 length and
   * UTF-8 bytes. Big-endian.
   */
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
   * Decodes the output of {@link #encode}.
   *
   * @throws IllegalArgumentException if the bytes are not encoded settings
   */
  public static ClusterSettings decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      int count = in.getShort();
      SortedMap<String, String> values = new TreeMap<>();
      for (int i = 0; i < count; i++) {
        String key = text(in);
        if (i > 0 && key.compareTo(values.lastKey()) <= 0) {
          throw new IllegalArgumentException("settings that are not in the order of their keys");
        }
        values.put(key, text(in));
      }
      if (in.hasRemaining() || count != values.size()) {
        throw new IllegalArgumentException("settings of a wrong length");
      }
      return new ClusterSettings(values);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("settings are cut short", e);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("settings with a text that is no UTF-8", e);
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

  private static String text(ByteBuffer in) throws CharacterCodingException {
    int length = Short.toUnsignedInt(in.getShort());
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] utf8 = new byte[length];
    in.get(utf8);
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
