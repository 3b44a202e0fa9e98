// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.network;

import io.weft.api.Category;
import io.weft.api.ErrorCode;

/** Errors of networks that can be cut. */
public final class NetworkErrors {
  /** This machine, or this user, cannot make a network of its own for the nodes. */
  public static final ErrorCode NO_NODE_NETWORK =
      new ErrorCode(6141, "NO_NODE_NETWORK", Category.USER);

  private NetworkErrors() {}
}
