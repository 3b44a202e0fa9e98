// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Keeps blocks in memory. */
package io.weft.plugin.store.memory;
