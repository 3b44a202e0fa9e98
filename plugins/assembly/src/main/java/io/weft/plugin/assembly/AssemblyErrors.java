// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import io.weft.api.Category;
import io.weft.api.ErrorCode;

/** Errors of configuration and assembly: band 2000. */
public final class AssemblyErrors {
  /** The configuration has problems; the message lists all of them. */
  public static final ErrorCode CONFIG_INVALID = user(2001, "CONFIG_INVALID");

  /** A configuration file cannot be read. */
  public static final ErrorCode CONFIG_UNREADABLE = user(2002, "CONFIG_UNREADABLE");

  /** A configuration file is not HOCON, or a substitution in it has no value. */
  public static final ErrorCode CONFIG_SYNTAX = user(2003, "CONFIG_SYNTAX");

  /** A key that neither the engine nor a plugin knows. */
  public static final ErrorCode UNKNOWN_KEY = user(2004, "UNKNOWN_KEY");

  /** A required key without a value. */
  public static final ErrorCode MISSING_KEY = user(2005, "MISSING_KEY");

  /** A value whose type does not fit the key. */
  public static final ErrorCode WRONG_TYPE = user(2006, "WRONG_TYPE");

  /** A value that the key does not allow. */
  public static final ErrorCode OUT_OF_RANGE = user(2007, "OUT_OF_RANGE");

  /** The chosen plugin does not exist. */
  public static final ErrorCode UNKNOWN_PLUGIN = user(2008, "UNKNOWN_PLUGIN");

  /** Two jars claim the same short name or the same module name. */
  public static final ErrorCode AMBIGUOUS_PLUGIN = user(2009, "AMBIGUOUS_PLUGIN");

  /** A jar, module or class is not a plugin for the interface that it was chosen for. */
  public static final ErrorCode NOT_A_PLUGIN = user(2010, "NOT_A_PLUGIN");

  /** A plugin's module requires a module that does not exist. */
  public static final ErrorCode MISSING_MODULE = user(2011, "MISSING_MODULE");

  /** A plugin directory or jar cannot be read. */
  public static final ErrorCode PLUGIN_UNREADABLE = user(2012, "PLUGIN_UNREADABLE");

  /** The node has not become a member of its cluster in time. */
  public static final ErrorCode FORM_TIMEOUT =
      new ErrorCode(2101, "FORM_TIMEOUT", Category.RETRYABLE);

  /** A plugin failed while the node was built or started. */
  public static final ErrorCode START_FAILED = new ErrorCode(2102, "START_FAILED", Category.FATAL);

  /** The node has left without having released all of its blocks. */
  public static final ErrorCode DRAIN_FAILED = new ErrorCode(2103, "DRAIN_FAILED", Category.FATAL);

  /** The thread that starts the node has been interrupted. */
  public static final ErrorCode START_INTERRUPTED =
      new ErrorCode(2104, "START_INTERRUPTED", Category.RETRYABLE);

  /** The process may open fewer files and sockets than a node needs. */
  public static final ErrorCode TOO_FEW_FILES = user(2105, "TOO_FEW_FILES");

  /** A plugin threw an exception that its interface does not allow, or returned null. */
  public static final ErrorCode PLUGIN_FAILED =
      new ErrorCode(2106, "PLUGIN_FAILED", Category.FATAL);

  /** A part did not close in time, and was left open. */
  public static final ErrorCode CLOSE_TIMEOUT =
      new ErrorCode(2107, "CLOSE_TIMEOUT", Category.FATAL);

  private AssemblyErrors() {}

  private static ErrorCode user(int number, String name) {
    return new ErrorCode(number, name, Category.USER);
  }
}
