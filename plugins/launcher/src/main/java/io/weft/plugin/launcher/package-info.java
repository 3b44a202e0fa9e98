// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** The weft command. */
package io.weft.plugin.launcher;
