// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * From one view to the next: {@link io.weft.cachefusion.recovery.DirectoryRebuild} brings the whole
 * node into a view, {@link io.weft.cachefusion.recovery.BlockRecovery} brings blocks that nobody
 * holds to their newest version on disk. Both only ever bring the disk forward, so that a crash or
 * the next view may come at any step.
 */
package io.weft.cachefusion.recovery;
