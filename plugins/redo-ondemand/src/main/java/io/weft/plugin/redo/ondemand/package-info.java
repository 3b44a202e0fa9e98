// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers a block when it is first wanted, and the rest behind. */
package io.weft.plugin.redo.ondemand;
