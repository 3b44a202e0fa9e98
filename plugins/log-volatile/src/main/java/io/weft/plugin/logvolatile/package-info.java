// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Stands in for the redo log and keeps nothing. */
package io.weft.plugin.logvolatile;
