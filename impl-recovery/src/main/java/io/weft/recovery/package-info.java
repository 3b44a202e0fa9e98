// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Redo log, checkpoints, membership and instance recovery. */
package io.weft.recovery;
