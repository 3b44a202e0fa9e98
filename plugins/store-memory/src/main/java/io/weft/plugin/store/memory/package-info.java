// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Stores blocks in memory. */
package io.weft.plugin.store.memory;
