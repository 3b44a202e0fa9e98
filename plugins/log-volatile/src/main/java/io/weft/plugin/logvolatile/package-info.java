// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** A replacement of the redo log that stores nothing. */
package io.weft.plugin.logvolatile;
