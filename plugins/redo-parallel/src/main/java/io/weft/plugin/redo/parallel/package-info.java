// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers several blocks in parallel. */
package io.weft.plugin.redo.parallel;
