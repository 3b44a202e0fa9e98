// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers several blocks at a time. */
package io.weft.plugin.redo.parallel;
