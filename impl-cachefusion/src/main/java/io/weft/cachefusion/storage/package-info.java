// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Blocks on disk as the shards use them ({@link io.weft.cachefusion.storage.BlockStorage}). Writes
 * that find no space are repeated, one force makes many writes stable, and images of blocks that
 * cannot be recovered are saved.
 */
package io.weft.cachefusion.storage;
