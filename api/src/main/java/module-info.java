// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * The API for applications that embed a {@link io.weft.api.Node} with its coherent {@link
 * io.weft.api.BlockCache} and its global {@link io.weft.api.Locks}. Depends on {@code java.base}
 * only.
 */
module io.weft.api {
  exports io.weft.api;
}
