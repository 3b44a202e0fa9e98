// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.shm;

import io.weft.api.Member;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a file in the directory of a cluster. Every file belongs to one incarnation of a
 * node, its owner, and is deleted with it.
 *
 * <pre>
 *   n1-7101.5.lock                      locked while incarnation 5 of n1 lives
 *   n1-7101.5.node                      where it can be called
 *   n1-7101.5.from.n3-7103.9.17.call    its 17th call, of incarnation 9 of n3, which owns it
 *   ....new                             not complete yet
 * </pre>
 *
 * @param owner the incarnation that it belongs to, as {@link #incarnation} writes it
 * @param called the incarnation that is called; empty if it is no call
 * @param kind what it is
 */
record FileName(String owner, Optional<String> called, Kind kind) {
  /** What a file is. */
  enum Kind {
    /** Is locked while its owner lives. */
    LOCK,
    /** Where its owner can be called. */
    NODE,
    /** A connection that its owner offers. */
    CALL,
    /** A file of another kind that is not complete. */
    NEW
  }

  /** Suffix of a file that is not complete. */
  static final String NEW = ".new";

  private static final String INCARNATION = "(n\\d+-\\d+\\.\\d+)";
  private static final Pattern OWN = Pattern.compile(INCARNATION + "\\.(lock|node)(\\.new)?");
  private static final Pattern CALL =
      Pattern.compile(INCARNATION + "\\.from\\." + INCARNATION + "\\.\\d+\\.call(\\.new)?");

  /** Analyses a name; empty if it is none of a file of ours. */
  static Optional<FileName> parse(String name) {
    return analyse(name).filter(file -> isNumber(file.owner()));
  }

  /** Whether the number of the incarnation is one, and not merely digits. */
  private static boolean isNumber(String owner) {
    try {
      return incarnationOf(owner) >= 0;
    } catch (NumberFormatException _) {
      return false;
    }
  }

  private static Optional<FileName> analyse(String name) {
    Matcher own = OWN.matcher(name);
    if (own.matches()) {
      Kind kind = own.group(2).equals("lock") ? Kind.LOCK : Kind.NODE;
      return Optional.of(
          new FileName(own.group(1), Optional.empty(), own.group(3) == null ? kind : Kind.NEW));
    }
    Matcher call = CALL.matcher(name);
    return call.matches()
        ? Optional.of(
            new FileName(
                call.group(2),
                Optional.of(call.group(1)),
                call.group(3) == null ? Kind.CALL : Kind.NEW))
        : Optional.empty();
  }

  /** An incarnation of a node in names. The port tells clusters of the same name apart. */
  static String incarnation(Member member, long incarnation) {
    return prefix(member) + incarnation;
  }

  /** How the names of all incarnations of a node begin. */
  static String prefix(Member member) {
    return member.id() + "-" + member.port() + ".";
  }

  /** The number of an incarnation that {@link #incarnation} has written. */
  static long incarnationOf(String owner) {
    return Long.parseLong(owner.substring(owner.lastIndexOf('.') + 1));
  }

  static String lock(String incarnation) {
    return incarnation + ".lock";
  }

  static String node(String incarnation) {
    return incarnation + ".node";
  }

  static String call(String called, String caller, long number) {
    return called + ".from." + caller + "." + number + ".call";
  }

  /** The name of the directory of a cluster: what is no letter or digit is written as hex. */
  static String cluster(String name) {
    StringBuilder text = new StringBuilder("weft-");
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || c == '-' || c == '_');
      text.append(plain ? String.valueOf(c) : "%" + HexFormat.of().toHexDigits(b));
    }
    return text.toString();
  }
}
