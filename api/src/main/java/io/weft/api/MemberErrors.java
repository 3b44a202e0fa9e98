// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

import java.util.List;
import java.util.Optional;

/** Reasons why a change of the members is not carried out, in the band 7000 of membership. */
public final class MemberErrors {
  /** The list has a member with this id. */
  public static final ErrorCode MEMBER_EXISTS = user(7301, "MEMBER_EXISTS");

  /** Another member has this address. */
  public static final ErrorCode ADDRESS_IN_USE = user(7302, "ADDRESS_IN_USE");

  /** The list has no member with this id. */
  public static final ErrorCode UNKNOWN_MEMBER = user(7303, "UNKNOWN_MEMBER");

  /** The last member cannot be removed. */
  public static final ErrorCode LAST_MEMBER = user(7304, "LAST_MEMBER");

  /** A member that belongs to the view is neither removed nor gets another address. */
  public static final ErrorCode MEMBER_RUNS = user(7305, "MEMBER_RUNS");

  /** With the change, the members of the view would be no quorum. */
  public static final ErrorCode QUORUM_AT_RISK = user(7306, "QUORUM_AT_RISK");

  /** An id, an address or a weight is outside its range. */
  public static final ErrorCode BAD_MEMBER = user(7307, "BAD_MEMBER");

  /** The list would take more bytes than a record of a view has for it. */
  public static final ErrorCode LIST_TOO_LONG = user(7308, "LIST_TOO_LONG");

  /** As many requests wait as the registry takes. */
  public static final ErrorCode TOO_MANY_REQUESTS = retryable(7309, "TOO_MANY_REQUESTS");

  /** No member has carried out a request in time; it has been withdrawn. */
  public static final ErrorCode NOT_CARRIED_OUT = retryable(7310, "CHANGE_NOT_CARRIED_OUT");

  /** A request in the registry cannot be read, or came after a later one was carried out. */
  public static final ErrorCode BAD_REQUEST = user(7311, "BAD_MEMBER_REQUEST");

  /** The member has been changed since the list was read from which the change was derived. */
  public static final ErrorCode MEMBER_CHANGED = retryable(7312, "MEMBER_CHANGED");

  private static final List<ErrorCode> ALL =
      List.of(
          MEMBER_EXISTS,
          ADDRESS_IN_USE,
          UNKNOWN_MEMBER,
          LAST_MEMBER,
          MEMBER_RUNS,
          QUORUM_AT_RISK,
          BAD_MEMBER,
          LIST_TOO_LONG,
          TOO_MANY_REQUESTS,
          NOT_CARRIED_OUT,
          BAD_REQUEST,
          MEMBER_CHANGED);

  private MemberErrors() {}

  /** The code with that number, if it is one of these. */
  public static Optional<ErrorCode> of(int number) {
    return ALL.stream().filter(code -> code.number() == number).findFirst();
  }

  private static ErrorCode user(int number, String name) {
    return new ErrorCode(number, name, Category.USER);
  }

  private static ErrorCode retryable(int number, String name) {
    return new ErrorCode(number, name, Category.RETRYABLE);
  }
}
