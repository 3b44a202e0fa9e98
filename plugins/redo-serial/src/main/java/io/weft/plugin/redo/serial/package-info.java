// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Recovers one block after the other. */
package io.weft.plugin.redo.serial;
