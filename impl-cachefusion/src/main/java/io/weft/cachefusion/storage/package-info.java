// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Blocks on disk as the shards use it ({@link io.weft.cachefusion.storage.BlockStorage}): writes
 * that may find no space are tried again, one force makes many writes stable, images of blocks that
 * cannot be recovered are kept beside them.
 */
package io.weft.cachefusion.storage;
