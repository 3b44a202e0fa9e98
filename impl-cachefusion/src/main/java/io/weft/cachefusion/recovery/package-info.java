// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * View changes: {@link io.weft.cachefusion.recovery.DirectoryRebuild} brings the whole node into a
 * view, and {@link io.weft.cachefusion.recovery.BlockRecovery} brings blocks without a holder to
 * their newest version on disk. Every step only moves the disk to a newer version, so a crash or a
 * new view may interrupt it at any step.
 */
package io.weft.cachefusion.recovery;
