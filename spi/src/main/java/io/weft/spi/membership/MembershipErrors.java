// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.membership;

import io.weft.api.Category;
import io.weft.api.ErrorCode;

/** Errors of membership, registries and membership leases, band 7000. */
public final class MembershipErrors {
  /** A running process already uses this node id. */
  public static final ErrorCode DUPLICATE_NODE = user(7001, "DUPLICATE_NODE");

  /**
   * The registry has records of another cluster or format, or damaged records, or no records
   * although redo logs of earlier incarnations exist.
   */
  public static final ErrorCode BAD_REGISTRY = user(7002, "BAD_REGISTRY");

  /** This start of the node has a smaller incarnation than an earlier start. */
  public static final ErrorCode OLD_INCARNATION = user(7003, "OLD_INCARNATION");

  /** Too few nodes could be reached to form or join a view. */
  public static final ErrorCode NOT_FORMED = user(7004, "NOT_FORMED");

  /** A setting that must be equal on all nodes differs between this node and the members. */
  public static final ErrorCode SETTINGS_DIFFER = user(7005, "SETTINGS_DIFFER");

  /** The storage of this node is not the storage of the cluster, or a part of it is missing. */
  public static final ErrorCode OTHER_STORAGE = user(7006, "OTHER_STORAGE");

  /**
   * A node answers although its registry lock is free: on this file system the locks do not show
   * which processes run.
   */
  public static final ErrorCode LOCKS_WITHOUT_EFFECT = user(7007, "LOCKS_WITHOUT_EFFECT");

  /** This node has been taken out of the list of members for good. */
  public static final ErrorCode MEMBER_REMOVED = user(7008, "MEMBER_REMOVED");

  /** The agreed list of members does not have this node. */
  public static final ErrorCode NOT_A_MEMBER = user(7009, "NOT_A_MEMBER");

  /** The agreed list of members has another address of this node than its configuration. */
  public static final ErrorCode ADDRESS_DIFFERS = user(7010, "ADDRESS_DIFFERS");

  /** A membership message cannot be decoded. */
  public static final ErrorCode BAD_MESSAGE = fatal(7204, "BAD_MEMBERSHIP_MESSAGE");

  /** The registry cannot be read or written. */
  public static final ErrorCode REGISTRY_UNAVAILABLE = retryable(7101, "REGISTRY_UNAVAILABLE");

  /** The other members have agreed on a view without this node. */
  public static final ErrorCode EVICTED = fatal(7201, "EVICTED");

  /** This node can reach too few of the members of the cluster. */
  public static final ErrorCode QUORUM_LOST = fatal(7202, "QUORUM_LOST");

  /** This node could not renew its membership lease in time. */
  public static final ErrorCode LEASE_LOST = fatal(7203, "LEASE_LOST");

  private MembershipErrors() {}

  private static ErrorCode user(int number, String name) {
    return new ErrorCode(number, name, Category.USER);
  }

  private static ErrorCode retryable(int number, String name) {
    return new ErrorCode(number, name, Category.RETRYABLE);
  }

  private static ErrorCode fatal(int number, String name) {
    return new ErrorCode(number, name, Category.FATAL);
  }
}
