// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.shared;

import io.weft.api.Category;
import io.weft.api.ErrorCode;

/** Errors of the workload commands. */
public final class WorkloadErrors {
  /** The trace cannot be opened or read. */
  public static final ErrorCode TRACE_NOT_READABLE = user(6101, "TRACE_NOT_READABLE");

  /** The trace is not in the vSCSI format. */
  public static final ErrorCode TRACE_FOREIGN = user(6102, "TRACE_FOREIGN");

  /** The trace has a valid start, and is damaged or cut off later. */
  public static final ErrorCode TRACE_DAMAGED = user(6103, "TRACE_DAMAGED");

  /** The trace has no requests. */
  public static final ErrorCode TRACE_EMPTY = user(6104, "TRACE_EMPTY");

  /** The data directory cannot be used. */
  public static final ErrorCode DATA_DIRECTORY = user(6111, "DATA_DIRECTORY");

  /** A node of the run failed, ended or did not respond. */
  public static final ErrorCode NODE_FAILED = user(6121, "NODE_FAILED");

  /** A line between parent and node could not be understood. */
  public static final ErrorCode BAD_COMMAND = user(6122, "BAD_COMMAND");

  /** The blocks on disk cannot be read. */
  public static final ErrorCode DISK_NOT_READABLE = user(6131, "DISK_NOT_READABLE");

  /** A global lock did not exclude others, or had a wrong value: a defect of Weft. */
  public static final ErrorCode LOCK_BROKEN = user(6141, "LOCK_BROKEN");

  private WorkloadErrors() {}

  private static ErrorCode user(int number, String name) {
    return new ErrorCode(number, name, Category.USER);
  }
}
