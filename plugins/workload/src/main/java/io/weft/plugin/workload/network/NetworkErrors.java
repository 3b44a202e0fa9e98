// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.network;

import io.weft.api.Category;
import io.weft.api.ErrorCode;

/** Errors of networks that can be cut. */
public final class NetworkErrors {
  /** A network for the nodes cannot be created on this machine or by this user. */
  public static final ErrorCode NO_NODE_NETWORK =
      new ErrorCode(6141, "NO_NODE_NETWORK", Category.USER);

  private NetworkErrors() {}
}
